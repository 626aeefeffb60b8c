import { CODEC_12, CODEC_8_EXTENDED } from '../../protocol/codec-ids.js';
import { ProtocolError, type ProtocolErrorCode } from '../../protocol/protocol-error.js';
import { type RejectedFrame } from '../../transport/patterns.js';
import { IngestCounters } from '../ingest-counters.js';
import { type QuarantineEntry, type QuarantineRepository } from '../quarantine/quarantine.repository.js';
import { RejectedFrames } from './rejected-frames.js';

let quarantined: QuarantineEntry[];
let frames: RejectedFrames;

beforeEach(() => {
  quarantined = [];
  const repository = { keep: (entry: QuarantineEntry) => Promise.resolve(void quarantined.push(entry)) };
  frames = new RejectedFrames(repository as unknown as QuarantineRepository, new IngestCounters());
});

function rejected(
  code: ProtocolErrorCode,
  { codec = CODEC_8_EXTENDED, bytes = 'the same bytes', crcIsRight = code !== 'BAD_CRC' }: Partial<Variation> = {},
): RejectedFrame {
  const error = new ProtocolError(code, 'wrong', 0);
  return { error, codec, count: 7, bytes: Buffer.from(bytes), receivedAtMs: 0, crcIsRight };
}

interface Variation {
  readonly codec: number;
  readonly bytes: string;
  readonly crcIsRight: boolean;
}

const decide = (frame: RejectedFrame, imei = 'a') => frames.decide(imei, '127.0.0.1', frame);

describe('a frame that may have been damaged in transit', () => {
  it('closes the connection twice, and is quarantined and acknowledged the third time', async () => {
    const damaged = rejected('BAD_CRC');
    expect([await decide(damaged), await decide(damaged)]).toEqual([{ kind: 'close' }, { kind: 'close' }]);
    expect(quarantined).toEqual([]);
    expect(await decide(damaged)).toEqual({ kind: 'acknowledge', count: 7 });
    expect(quarantined).toMatchObject([{ imei: 'a', scope: 'frame', code: 'BAD_CRC', raw: Buffer.from('the same bytes') }]);
  });

  it('includes every packet without a CRC', async () => {
    const packet = rejected('TRUNCATED', { crcIsRight: false });
    expect([await decide(packet), await decide(packet)]).toEqual([{ kind: 'close' }, { kind: 'close' }]);
    expect(quarantined).toEqual([]);
    expect(await decide(packet)).toEqual({ kind: 'acknowledge', count: 7 });
  });

  it('counts again from zero after other bytes', async () => {
    const bytes = ['x', 'x', 'y', 'x', 'x', 'x'];
    const outcomes = [];
    for (const each of bytes) {
      outcomes.push((await decide(rejected('BAD_CRC', { bytes: each }))).kind);
    }
    expect(outcomes).toEqual(['close', 'close', 'close', 'close', 'close', 'acknowledge']);
  });

  it('is counted per device', async () => {
    for (const imei of ['a', 'b', 'c', 'd']) {
      expect(await decide(rejected('BAD_CRC'), imei)).toEqual({ kind: 'close' });
    }
  });

  it('is skipped when it is a message, which is never acknowledged', async () => {
    const message = rejected('BAD_CRC', { codec: CODEC_12 });
    await decide(message);
    await decide(message);
    expect(await decide(message)).toEqual({ kind: 'skip' });
  });
});

describe('a frame with a correct CRC that cannot be decoded', () => {
  it.each<[ProtocolErrorCode, number]>([
    ['TRUNCATED', CODEC_8_EXTENDED],
    ['TRAILING_BYTES', CODEC_8_EXTENDED],
    ['COUNT_MISMATCH', CODEC_8_EXTENDED],
    ['UNSUPPORTED_CODEC', 0x07],
    ['UNSUPPORTED_CODEC', 0xff],
  ])('is quarantined at once and acknowledged with its count: %s, codec %i', async (code, codec) => {
    expect(await decide(rejected(code, { codec }))).toEqual({ kind: 'acknowledge', count: 7 });
    expect(quarantined).toMatchObject([{ code }]);
  });

  it.each<[ProtocolErrorCode, number]>([
    ['UNSUPPORTED_MESSAGE_TYPE', 0x0c],
    ['TRUNCATED', 0x0d],
    ['COUNT_MISMATCH', 0x0e],
    ['TRAILING_BYTES', 0x0f],
  ])('is quarantined and skipped when it is a message, which is never acknowledged: %s, codec %i', async (code, codec) => {
    expect(await decide(rejected(code, { codec }))).toEqual({ kind: 'skip' });
    expect(quarantined).toMatchObject([{ code }]);
  });

  it('is not acknowledged before its row is committed', async () => {
    let commit!: () => void;
    const repository = { keep: () => new Promise<void>((resolve) => (commit = resolve)) };
    frames = new RejectedFrames(repository as unknown as QuarantineRepository, new IngestCounters());
    let outcome: unknown = null;
    const decided = decide(rejected('UNSUPPORTED_CODEC', { codec: 0x07 })).then((result) => (outcome = result));
    await new Promise(setImmediate);
    expect(outcome).toBeNull();
    commit();
    expect(await decided).toEqual({ kind: 'acknowledge', count: 7 });
  });
});
