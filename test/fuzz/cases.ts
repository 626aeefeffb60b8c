import { crc16, login, uint } from '../support/frames.js';
import { type Corpus, type SampleFrame } from './corpus.js';
import { Draw } from './draw.js';
import { CASE_KINDS, type CaseEnding, type CaseKind, type CaseTarget, type FuzzCase } from './fuzz-case.js';
import { wrongLogin } from './login-cases.js';
import {
  changeCodec,
  changeCount,
  changeLength,
  changeSize,
  flipBits,
  overwriteAnything,
  withRightCrc,
  type Mutation,
} from './mutations.js';
import { rightProxyHeader, wrongProxyHeader } from './proxy-cases.js';
import { brokenHandshake } from './tls-cases.js';

/** So many cases in a row have IMEIs of their own: fewer may be under way at one time. */
export const CASES_APART = 1_000;
const FIRST_IMEI = 866_099_000_000_000;
/** A gateway takes 4,096 ahead of the answer to a login, a PROXY header among them. */
const MAX_BEFORE_LOGIN = 3_000;
const PING = Buffer.of(0xff);

type Body = Pick<FuzzCase, 'chunks'> & Partial<Omit<FuzzCase, 'number' | 'kind' | 'chunks'>>;
type Make = (draw: Draw, corpus: Corpus, ownLogin: Buffer) => Body;

/** The case with that number: nothing else but the seed decides what it is. */
export function caseOf(seed: number, number: number, corpus: Corpus): FuzzCase {
  const draw = new Draw(seed, number);
  const kind = draw.of(CASE_KINDS);
  const target: CaseTarget = draw.once(8) ? 'tls' : 'tcp';
  const ending: CaseEnding = draw.of(['fin', 'reset', 'patient']);
  const body = MAKERS[kind](draw, corpus, login(String(FIRST_IMEI + (number % CASES_APART))));
  return { number, kind, target, ending, fromBalancer: false, awaitsLogin: false, acknowledgements: null, ...body };
}

const MAKERS: Readonly<Record<CaseKind, Make>> = {
  'bit-flips': mutated(flipBits),
  length: mutated(changeLength),
  counts: mutated(changeCount),
  overwritten: mutated(overwriteAnything),
  resized: mutated(changeSize),
  'other-codec': mutated(changeCodec),
  message: (draw, { messages }, ownLogin) => {
    const mutate = draw.of([flipBits, changeLength, changeCount, overwriteAnything, changeSize]);
    return session(draw, ownLogin, [mutatedFrame(draw, messages, mutate), draw.of(messages).bytes]);
  },
  'zero-length': (draw, _corpus, ownLogin) => session(draw, ownLogin, [claiming(draw, draw.integer(0, 3), draw.integer(0, 8))]),
  'huge-length': (draw, _corpus, ownLogin) => {
    const claimed = draw.of([16_372, 16_373, 65_536, 0x7fffffff, 0x80000000, 0xffffffff, draw.integer(16_000, 0xffffffff)]);
    return session(draw, ownLogin, [claiming(draw, claimed, draw.integer(0, 3_000))]);
  },
  'random-bytes': (draw, _corpus, ownLogin) => {
    const noise = draw.bytes(draw.integer(1, 600));
    return { chunks: cut(draw, draw.once(2) ? noise : Buffer.concat([ownLogin, noise])) };
  },
  truncated: (draw, corpus, ownLogin) => {
    const { bytes } = draw.of([...corpus.records, ...corpus.messages]);
    const chunks = cut(draw, Buffer.concat([ownLogin, bytes.subarray(0, draw.integer(1, bytes.length - 1))]));
    return { chunks, ending: draw.of(['fin', 'reset'] as const) };
  },
  cuts: (draw, corpus, ownLogin) => faultless(draw, ownLogin, stream(draw, corpus, draw.integer(1, 6)), true),
  pipelined: (draw, corpus, ownLogin) => faultless(draw, ownLogin, stream(draw, corpus, draw.integer(20, 120)), false),
  login: (draw, { logins, records }) => ({
    chunks: cut(
      draw,
      Buffer.concat([wrongLogin(draw, draw.of(logins)), draw.once(3) ? draw.of(records).bytes : Buffer.alloc(0)]),
    ),
  }),
  'proxy-header': (draw, corpus, ownLogin) => {
    const isRight = draw.once(3);
    const header = cut(draw, isRight ? rightProxyHeader(draw) : wrongProxyHeader(draw));
    if (draw.once(6)) {
      // Ahead of the handshake, in clear.
      return { chunks: [...header, brokenHandshake(draw)], target: 'tls-raw', fromBalancer: true };
    }
    const { chunks, ...rest } = faultless(draw, ownLogin, stream(draw, corpus, draw.integer(0, 3)), true);
    const acknowledgements = isRight ? (rest.acknowledgements ?? null) : null;
    return { ...rest, acknowledgements, awaitsLogin: false, chunks: [...header, ...chunks], target: 'tcp', fromBalancer: true };
  },
  'proxy-without-balancer': (draw, _corpus, ownLogin) => ({ chunks: [Buffer.concat([rightProxyHeader(draw), ownLogin])] }),
  'tls-handshake': (draw) => ({ chunks: cut(draw, brokenHandshake(draw)), target: 'tls-raw' }),
  datagram: (draw, { datagrams }) => ({ chunks: wrongDatagrams(draw, datagrams), target: 'udp' }),
};

/** A session in which some frames are damaged, half of them with the CRC put right afterwards. */
function mutated(mutate: Mutation): Make {
  return (draw, { records }, ownLogin) => {
    const damaged = Array.from({ length: draw.integer(1, 3) }, () => mutatedFrame(draw, records, mutate));
    const before = draw.once(3) ? [draw.of(records).bytes] : [];
    return session(draw, ownLogin, [...before, ...damaged, draw.of(records).bytes]);
  };
}

function mutatedFrame(draw: Draw, frames: readonly SampleFrame[], mutate: Mutation): Buffer {
  const damaged = mutate(draw.of(frames).bytes, draw);
  return draw.once(2) ? withRightCrc(damaged) : damaged;
}

function session(draw: Draw, ownLogin: Buffer, frames: readonly Buffer[]): Body {
  const bytes = Buffer.concat(frames);
  return { chunks: draw.once(3) ? cut(draw, Buffer.concat([ownLogin, bytes])) : [ownLogin, bytes] };
}

/** A frame whose length field claims what is not there. */
function claiming(draw: Draw, claimed: number, present: number): Buffer {
  const data = draw.bytes(present);
  return Buffer.concat([uint(0, 4), uint(claimed, 4), data, uint(crc16(data), 4)]);
}

/** Frames without a fault, with keep-alive bytes between them. */
function stream(draw: Draw, { records, larger, messages }: Corpus, count: number): SampleFrame[] {
  return Array.from({ length: count }, () => {
    const frame = draw.of(draw.of([records, records, larger, messages]));
    return draw.once(5) ? { ...frame, bytes: Buffer.concat([PING, frame.bytes]) } : frame;
  });
}

function faultless(draw: Draw, ownLogin: Buffer, frames: readonly SampleFrame[], isCut: boolean): Body {
  const bytes = Buffer.concat(frames.map((frame) => frame.bytes));
  const awaitsLogin = ownLogin.length + bytes.length > MAX_BEFORE_LOGIN || draw.once(4);
  const pieces = (all: Buffer): Buffer[] => (isCut ? cut(draw, all) : [all]);
  return {
    chunks: awaitsLogin ? [ownLogin, ...pieces(bytes)] : pieces(Buffer.concat([ownLogin, bytes])),
    awaitsLogin,
    // A peer that resets the connection discards the answers to it.
    ending: draw.of(['fin', 'patient'] as const),
    acknowledgements: frames.flatMap(({ acknowledgement }) => acknowledgement ?? []),
  };
}

function wrongDatagrams(draw: Draw, datagrams: readonly Buffer[]): Buffer[] {
  return Array.from({ length: draw.integer(1, 4) }, () => {
    const bytes = draw.of(datagrams);
    return draw.of([
      () => flipBits(bytes, draw),
      () => bytes.subarray(0, draw.integer(0, bytes.length - 1)),
      () => Buffer.concat([bytes, draw.of(datagrams)]),
      () => Buffer.concat([draw.field(2, bytes.length - 2), bytes.subarray(2)]),
      () => draw.bytes(draw.integer(0, 1_400)),
    ])();
  });
}

/** In pieces, some of one byte. */
function cut(draw: Draw, bytes: Buffer): Buffer[] {
  const longest = draw.of([1, 3, 17, 200, 2_000]);
  const pieces: Buffer[] = [];
  // At most some hundred pieces: one byte at a time for the beginning is enough.
  for (let at = 0; at < bytes.length;) {
    const length = pieces.length > 200 ? bytes.length - at : draw.integer(1, longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
