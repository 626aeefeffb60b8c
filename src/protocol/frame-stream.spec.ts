import fc from 'fast-check';
import { bytesOf, goodVectors, vectorNamed } from '../../test/fixtures/official-vectors.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { FrameCrcError, FrameSplitter, type Frame } from './frame-splitter.js';
import { decodeLogin } from './login.js';

const MAX_FRAME_BYTES = 2048;
const FRAME = bytesOf(vectorNamed('codec8-tcp-1'));
const OTHER_FRAME = bytesOf(vectorNamed('codec12-getio-response'));
const PING = Buffer.of(0xff);
const ALL_FRAMES = goodVectors(undefined, 'tcp')
  .filter(({ codec }) => codec !== 'login')
  .map(bytesOf);

describe('a stream of login, pings and frames', () => {
  const login = bytesOf(vectorNamed('tcp-login-imei-356307042441013'));
  const stream = Buffer.concat([login, PING, FRAME, OTHER_FRAME, PING, PING, FRAME, PING]);
  const whole = receive([stream]);

  it('is split into its parts', () => {
    expect(whole).toEqual({ imei: '356307042441013', frames: [FRAME, OTHER_FRAME, FRAME], pings: 4, left: 0 });
  });

  it('gives the same wherever TCP cuts it in two', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      expect({ cut, ...receive([stream.subarray(0, cut), stream.subarray(cut)]) }).toEqual({ cut, ...whole });
    }
  });

  it('gives the same byte by byte', () => {
    expect(receive([...stream].map((byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it('gives the same wherever and however often TCP cuts it', () => {
    const cuts = fc.uniqueArray(fc.nat(stream.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        expect(receive(cutAt(stream, places))).toEqual(whole);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('gives the same when all chunks are pushed before the first frame is read', () => {
    const afterLogin = stream.subarray(login.length);
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    for (const byte of afterLogin) {
      splitter.push(Buffer.of(byte));
    }
    expect(splitter.bufferedBytes).toBe(afterLogin.length);
    expect(drain(splitter).map(({ bytes }) => bytes)).toEqual(whole.frames);
    expect([splitter.pings, splitter.bufferedBytes]).toEqual([4, 0]);
  });
});

describe('a frame with one byte changed', () => {
  const changes = [...Array.from({ length: 8 }, (_, bit) => 1 << bit), 0xff, 0x5a];

  it('is never returned', () => {
    for (const frame of ALL_FRAMES) {
      for (let place = 0; place < frame.length; place++) {
        for (const change of changes) {
          expect(survives(corrupt(frame, place, change))).toBe(false);
        }
      }
    }
  });

  it('is never returned, for each of the 255 other values of each byte', () => {
    const frame = bytesOf(vectorNamed('codec8-tcp-2'));
    for (let place = 0; place < frame.length; place++) {
      for (let change = 1; change < 256; change++) {
        expect(survives(corrupt(frame, place, change))).toBe(false);
      }
    }
  });
});

/** Reads like a connection: a login first, then frames. */
function receive(chunks: readonly Buffer[]): { imei: string | null; frames: Buffer[]; pings: number; left: number } {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  const frames: Buffer[] = [];
  let imei: string | null = null;
  let head = Buffer.alloc(0);
  for (const chunk of chunks) {
    if (imei !== null) {
      splitter.push(Buffer.from(chunk));
    } else {
      head = Buffer.concat([head, chunk]);
      const login = decodeLogin(head);
      imei = login?.imei ?? null;
      splitter.push(head.subarray(login?.bytesRead ?? head.length));
    }
    frames.push(...drain(splitter).map(({ bytes }) => bytes));
  }
  return { imei, frames, pings: splitter.pings, left: splitter.bufferedBytes };
}

function drain(splitter: FrameSplitter): Frame[] {
  const frames: Frame[] = [];
  for (let frame = splitter.next(); frame !== null; frame = splitter.next()) {
    frames.push(frame);
  }
  return frames;
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.toSorted((one, other) => one - other), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

/** Whether the changed frame is returned as a frame. Any error but a ProtocolError fails the test. */
function survives(changed: Buffer): boolean {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  splitter.push(changed);
  for (;;) {
    try {
      return splitter.next() !== null;
    } catch (error) {
      if (!(error instanceof FrameCrcError)) {
        protocolErrorOf(() => {
          throw error;
        });
        return false;
      }
    }
  }
}

function corrupt(frame: Buffer, place: number, change: number): Buffer {
  const changed = Buffer.from(frame);
  changed[place]! ^= change;
  return changed;
}
