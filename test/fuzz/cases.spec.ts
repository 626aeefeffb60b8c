import { OFFICIAL_VECTORS } from '../fixtures/official-vectors.js';
import { crc16 } from '../support/frames.js';
import { caseOf } from './cases.js';
import { createCorpus } from './corpus.js';
import { CASE_KINDS, type CaseKind, type FuzzCase } from './fuzz-case.js';

const corpus = createCorpus(OFFICIAL_VECTORS);
const LOGIN_BYTES = 17;
const CASES = Array.from({ length: 2_000 }, (_, number) => caseOf(7, number, corpus));

function ofKind(kind: CaseKind): FuzzCase[] {
  return CASES.filter((candidate) => candidate.kind === kind);
}

/** All of it as one text: comparing objects with thousands of buffers takes Jest half a minute. */
function describeCase({ chunks, ...rest }: FuzzCase): string {
  return JSON.stringify({ ...rest, chunks: chunks.map((chunk) => chunk.toString('hex')) });
}

function bytesOf({ chunks }: FuzzCase): Buffer {
  return Buffer.concat(chunks);
}

/** The last frame before the good one at the end, cut by its own length field; null where that leads nowhere. */
function firstFrame(fuzzCase: FuzzCase): { claimed: number; isWhole: boolean; hasRightCrc: boolean } {
  const bytes = bytesOf(fuzzCase).subarray(LOGIN_BYTES);
  const claimed = bytes.length < 8 ? 0 : bytes.readUInt32BE(4);
  const isWhole = bytes.length >= 12 + claimed;
  return { claimed, isWhole, hasRightCrc: isWhole && crc16(bytes.subarray(8, 8 + claimed)) === bytes.readUInt32BE(8 + claimed) };
}

describe('the corpus', () => {
  it('has records, messages of codecs 12 to 15, logins and datagrams of the official vectors', () => {
    expect(corpus.records.map(({ bytes }) => bytes[8])).toEqual(expect.arrayContaining([0x08, 0x8e, 0x10]));
    expect(corpus.messages.map(({ bytes }) => bytes[8])).toEqual(expect.arrayContaining([0x0c, 0x0d, 0x0e, 0x0f]));
    expect(corpus.logins).toHaveLength(2);
    expect(corpus.datagrams.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a case', () => {
  it('is the same for the same seed and number, whichever were made before', () => {
    const again = [...CASES.keys()].reverse().map((number) => caseOf(7, number, corpus));
    expect(again.reverse().map(describeCase)).toEqual(CASES.map(describeCase));
  });

  it('is another one for another seed', () => {
    const differing = CASES.filter((one, number) => !bytesOf(one).equals(bytesOf(caseOf(8, number, corpus))));
    expect(differing.length).toBeGreaterThan(CASES.length * 0.98);
  });

  it('leaves the corpus as it was', () => {
    expect(corpus).toEqual(createCorpus(OFFICIAL_VECTORS));
  });
});

describe('the cases', () => {
  it.each(CASE_KINDS)('are of the kind %s often enough', (kind) => {
    expect(ofKind(kind).length).toBeGreaterThan(CASES.length / CASE_KINDS.length / 2);
  });

  it('end by a FIN, by a RST and by waiting, with and without TLS', () => {
    const ends = new Set(CASES.map(({ target, ending }) => `${target} ${ending}`));
    expect([...ends]).toEqual(
      expect.arrayContaining(['tcp fin', 'tcp reset', 'tcp patient', 'tls fin', 'tls reset', 'tls-raw fin']),
    );
  });

  it.each(['bit-flips', 'counts', 'overwritten', 'other-codec'] as const)(
    'of %s reach the decoders, and the CRC check, in numbers',
    (kind) => {
      const frames = ofKind(kind).map(firstFrame);
      const whole = frames.filter(({ isWhole }) => isWhole);
      expect(whole.filter(({ hasRightCrc }) => hasRightCrc).length).toBeGreaterThan(frames.length / 4);
      expect(whole.filter(({ hasRightCrc }) => !hasRightCrc).length).toBeGreaterThan(frames.length / 10);
    },
  );

  it('declare zero bytes, and more than any limit', () => {
    expect(ofKind('zero-length').map((one) => firstFrame(one).claimed)).toEqual(expect.arrayContaining([0, 1, 2]));
    expect(ofKind('huge-length').map((one) => firstFrame(one).claimed)).toEqual(expect.arrayContaining([0xffffffff, 0x7fffffff]));
  });

  it('without a fault say how they are acknowledged: cut into single bytes, and many frames in one piece', () => {
    const cuts = ofKind('cuts');
    expect(cuts.every(({ acknowledgements }) => acknowledgements !== null)).toBe(true);
    expect(cuts.some(({ chunks }) => chunks.slice(0, 100).every(({ length }) => length === 1))).toBe(true);
    const most = Math.max(...ofKind('pipelined').map(({ acknowledgements }) => acknowledgements?.length ?? 0));
    expect(most).toBeGreaterThan(60);
  });

  it('cut off in mid-frame are never whole', () => {
    expect(ofKind('truncated').some((one) => firstFrame(one).isWhole)).toBe(false);
    expect(new Set(ofKind('truncated').map(({ ending }) => ending))).toEqual(new Set(['fin', 'reset']));
  });

  it('of a balancer begin with a header, right ones and wrong ones', () => {
    const proxied = ofKind('proxy-header');
    expect(proxied.every(({ fromBalancer }) => fromBalancer)).toBe(true);
    expect(proxied.filter(({ acknowledgements }) => acknowledgements !== null).length).toBeGreaterThan(proxied.length / 6);
    expect(proxied.filter(({ acknowledgements }) => acknowledgements === null).length).toBeGreaterThan(proxied.length / 3);
  });
});
