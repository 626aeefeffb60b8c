import { jest } from '@jest/globals';
import { Bytes, frameOf } from '../../test/fixtures/bytes.js';
import { bytesOf, vectorNamed } from '../../test/fixtures/official-vectors.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { FrameCrcError, FrameSplitter, type Frame } from './frame-splitter.js';

const MAX_FRAME_BYTES = 2048;
const FRAME = bytesOf(vectorNamed('codec8-tcp-1'));
const OTHER_FRAME = bytesOf(vectorNamed('codec12-getio-response'));
const PING = Buffer.of(0xff);

describe('a frame', () => {
  it('has codec id, count, data field and all its bytes', () => {
    const [frame] = split(FRAME);
    expect(frame).toEqual({ codec: 0x08, count: 1, data: FRAME.subarray(8, -4), bytes: FRAME });
  });

  it.each([
    ['zero', '00CB', vectorNamed('codec12-getio-request')],
    ['not zero', '4312', vectorNamed('codec12-getinfo-request')],
  ])('is valid when the high byte of its CRC is %s (%s)', (_what, crc, vector) => {
    expect(bytesOf(vector).subarray(-2).toString('hex').toUpperCase()).toBe(crc);
    expect(split(bytesOf(vector))).toHaveLength(1);
  });

  it('is valid when the low byte of its CRC is zero', () => {
    const data = Buffer.of(0x0c, 1, 5, 0, 0, 0, 1, 0x26, 1);
    const frame = frameWhoseCrc(data, (crc) => (crc & 0xff) === 0 && crc !== 0);
    expect(split(frame)).toHaveLength(1);
  });

  it('is valid when its CRC is zero', () => {
    const frame = frameWhoseCrc(Buffer.of(0x0c, 1, 5, 0, 0, 0, 2, 0, 0, 1), (crc) => crc === 0);
    expect(frame.subarray(-4)).toEqual(Buffer.alloc(4));
    expect(split(frame)).toHaveLength(1);
  });

  it('inside one chunk is a view of that chunk', () => {
    const chunk = Buffer.concat([PING, FRAME, OTHER_FRAME]);
    for (const frame of split(chunk)) {
      expect(frame.bytes.buffer).toBe(chunk.buffer);
      expect(frame.data.buffer).toBe(chunk.buffer);
    }
  });

  it.each([1, 7, 8, 9, 40])('cut after %i bytes is a copy that does not hold its chunks', (cut) => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    const chunk = Buffer.concat([FRAME, OTHER_FRAME.subarray(0, cut)]);
    splitter.push(chunk);
    expect(drain(splitter)).toHaveLength(1);
    chunk.fill(0xee);
    splitter.push(Buffer.from(OTHER_FRAME.subarray(cut)));
    expect(drain(splitter).map(({ bytes }) => bytes)).toEqual([OTHER_FRAME]);
  });

  it('cut in two holds about its own size of memory, not that of its chunk', () => {
    const data = new Bytes().u8(0x8e, 0).raw(Buffer.alloc(1500, 7)).u8(0).build();
    const frame = frameOf(data);
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(frame.subarray(0, 700));
    expect(splitter.next()).toBeNull();
    splitter.push(frame.subarray(700));
    const [whole] = drain(splitter);
    expect(whole?.bytes).toEqual(frame);
    expect(whole?.bytes.buffer.byteLength).toBe(frame.length);
  });

  it('of 1 MB that arrives byte by byte is not copied for each byte', () => {
    const frame = frameOf(Buffer.concat([Buffer.of(0x8e, 1), Buffer.alloc(1_000_000, 0xff), Buffer.of(1)]));
    const allocations = jest.spyOn(Buffer, 'allocUnsafeSlow');
    const splitter = new FrameSplitter(frame.length);
    let found: Frame | null = null;
    for (let i = 0; i < frame.length; i++) {
      splitter.push(frame.subarray(i, i + 1));
      found = splitter.next();
    }
    expect(found?.bytes.equals(frame)).toBe(true);
    expect(allocations.mock.calls.map(([size]) => size)).toEqual([512, ...doublings(1026, frame.length)]);
    allocations.mockRestore();
  });

  it('is returned unchanged when its codec is unknown', () => {
    const data = Buffer.of(0x42, 9, 9);
    expect(split(frameOf(data))).toEqual([{ codec: 0x42, count: 9, data, bytes: frameOf(data) }]);
  });
});

describe('bufferedBytes', () => {
  it('counts the bytes that were not returned, at each step of a frame', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    for (let i = 0; i < FRAME.length - 1; i++) {
      splitter.push(FRAME.subarray(i, i + 1));
      expect(splitter.next()).toBeNull();
      expect(splitter.bufferedBytes).toBe(i + 1);
    }
    splitter.push(FRAME.subarray(-1));
    expect(splitter.next()).not.toBeNull();
    expect(splitter.bufferedBytes).toBe(0);
  });

  it('counts frames behind the returned one, and chunks behind those', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.concat([FRAME, FRAME]));
    splitter.push(OTHER_FRAME);
    splitter.next();
    expect(splitter.bufferedBytes).toBe(FRAME.length + OTHER_FRAME.length);
  });

  it('does not count pings, nor bytes behind a broken frame', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.concat([PING, PING]));
    splitter.push(Buffer.alloc(0));
    expect(splitter.next()).toBeNull();
    expect([splitter.bufferedBytes, splitter.pings]).toEqual([0, 2]);
    splitter.push(Buffer.of(1, 2, 3));
    expect(() => splitter.next()).toThrow();
    splitter.push(FRAME);
    expect(splitter.bufferedBytes).toBe(0);
  });
});

describe('a ping', () => {
  it('is skipped and counted before, between and after frames', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.concat([PING, FRAME, PING, PING, PING, FRAME, PING]));
    expect(drain(splitter)).toHaveLength(2);
    expect(splitter.pings).toBe(5);
  });

  it.each([1, 2, 3])('after %i zeros of a preamble is an error: the preamble is broken', (zeros) => {
    const bytes = Buffer.concat([Buffer.alloc(zeros), PING, FRAME]);
    expect(protocolErrorOf(() => split(bytes))).toEqual({ code: 'BAD_PREAMBLE', offset: zeros });
  });

  it('is not recognized in the length field, where 255 is a length', () => {
    const frame = frameOf(Buffer.concat([Buffer.of(0x8e, 1), Buffer.alloc(252, 0xff), Buffer.of(1)]));
    expect(frame.subarray(4, 8)).toEqual(Buffer.of(0, 0, 0, 255));
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    for (const byte of frame) {
      splitter.push(Buffer.of(byte));
    }
    expect(drain(splitter).map(({ bytes }) => bytes)).toEqual([frame]);
    expect(splitter.pings).toBe(0);
  });

  it('is counted without a limit, because it needs no answer', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.alloc(100_000, 0xff));
    expect(splitter.next()).toBeNull();
    expect(splitter.pings).toBe(100_000);
  });
});

describe('a preamble that is not zeros', () => {
  it.each([0, 1, 2, 3])('is rejected at byte %i, as soon as that byte arrives', (place) => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.alloc(place));
    expect(splitter.next()).toBeNull();
    splitter.push(Buffer.of(0x47));
    expect(protocolErrorOf(() => splitter.next())).toEqual({ code: 'BAD_PREAMBLE', offset: place });
  });

  it('ends the stream: later frames are not searched for, and the error is repeated', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.concat([FRAME, Buffer.of(1), FRAME]));
    expect(splitter.next()?.bytes).toEqual(FRAME);
    const first = protocolErrorOf(() => splitter.next());
    splitter.push(FRAME);
    expect(protocolErrorOf(() => splitter.next())).toEqual(first);
    expect(first).toEqual({ code: 'BAD_PREAMBLE', offset: 0 });
  });
});

describe('a length', () => {
  it('is at least 3: a codec id and two counts', () => {
    expect(split(frameOf(Buffer.of(0x08, 0, 0)))).toHaveLength(1);
  });

  it.each([0, 1, 2])('of %i is rejected', (length) => {
    const header = new Bytes().u32(0, length).build();
    expect(protocolErrorOf(() => split(header))).toEqual({ code: 'BAD_LENGTH', offset: 4 });
  });

  it('of a frame as large as the limit is accepted', () => {
    const frame = frameOf(Buffer.alloc(MAX_FRAME_BYTES - 12, 1));
    expect(split(frame).map(({ bytes }) => bytes.length)).toEqual([MAX_FRAME_BYTES]);
  });

  it.each([MAX_FRAME_BYTES - 11, 0x0100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    'of %i makes it larger, and is refused before any of the body has come',
    (length) => {
      const splitter = new FrameSplitter(MAX_FRAME_BYTES);
      const header = new Bytes().u32(0, length).build();
      splitter.push(header.subarray(0, 7));
      expect(splitter.next()).toBeNull();
      splitter.push(header.subarray(7));
      expect(protocolErrorOf(() => splitter.next())).toEqual({ code: 'BAD_LENGTH', offset: 4 });
      expect(protocolErrorOf(() => splitter.next())).toEqual({ code: 'BAD_LENGTH', offset: 4 });
      expect(splitter.bufferedBytes).toBe(0);
    },
  );

  it('that is one too small gives a bad CRC, and then the stream is not synchronized', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(withLength(FRAME, FRAME.length - 12 - 1));
    expect(() => splitter.next()).toThrow(FrameCrcError);
    expect(protocolErrorOf(() => splitter.next()).code).toBe('BAD_PREAMBLE');
  });

  it('that is one too large takes a byte of the next frame and gives a bad CRC, and then the next frame lacks a zero', () => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(withLength(FRAME, FRAME.length - 12 + 1));
    expect(splitter.next()).toBeNull();
    splitter.push(FRAME);
    expect(() => splitter.next()).toThrow(FrameCrcError);
    expect(protocolErrorOf(() => splitter.next()).code).toBe('BAD_LENGTH');
  });
});

describe('a frame with a wrong CRC', () => {
  it('is reported with its content, and the next frame is still returned', () => {
    const bad = corrupt(FRAME, 20);
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(Buffer.concat([bad, OTHER_FRAME]));
    const error = crcErrorOf(splitter);
    expect(error.code).toBe('BAD_CRC');
    expect(error.offset).toBe(FRAME.length - 4);
    expect(error.frame).toEqual({ codec: 0x08, count: 1, data: bad.subarray(8, -4), bytes: bad });
    expect(splitter.next()?.bytes).toEqual(OTHER_FRAME);
    expect(splitter.next()).toBeNull();
  });

  it('is also reported when it arrived in pieces', () => {
    const bad = corrupt(FRAME, 20);
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(bad.subarray(0, 30));
    expect(splitter.next()).toBeNull();
    splitter.push(Buffer.concat([bad.subarray(30), OTHER_FRAME]));
    expect(crcErrorOf(splitter).frame.bytes).toEqual(bad);
    expect(splitter.next()?.bytes).toEqual(OTHER_FRAME);
  });

  it.each([1, 2, 3, 4])('is rejected when byte %i of the CRC field is wrong, although two of them are always zero', (fromEnd) => {
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(corrupt(FRAME, FRAME.length - fromEnd));
    expect(() => splitter.next()).toThrow(FrameCrcError);
  });
});

/** Each size is twice what was needed when the one before was full, until the whole frame fits. */
function doublings(first: number, last: number): number[] {
  const sizes = [];
  for (let size = first; size < last; size = (size + 1) * 2) {
    sizes.push(size);
  }
  return [...sizes, last];
}

function split(bytes: Buffer): Frame[] {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  splitter.push(bytes);
  return drain(splitter);
}

function drain(splitter: FrameSplitter): Frame[] {
  const frames: Frame[] = [];
  for (let frame = splitter.next(); frame !== null; frame = splitter.next()) {
    frames.push(frame);
  }
  return frames;
}

function crcErrorOf(splitter: FrameSplitter): FrameCrcError {
  try {
    splitter.next();
  } catch (error) {
    if (error instanceof FrameCrcError) {
      return error;
    }
  }
  throw new Error('expected a FrameCrcError');
}

function corrupt(frame: Buffer, place: number): Buffer {
  const changed = Buffer.from(frame);
  changed[place]! ^= 1;
  return changed;
}

function withLength(frame: Buffer, length: number): Buffer {
  const changed = Buffer.from(frame);
  changed.writeUInt32BE(length, 4);
  return changed;
}

/** Tries values of the two bytes before the last until the CRC has this value: two bytes can produce every CRC. */
function frameWhoseCrc(data: Buffer, wanted: (crc: number) => boolean): Buffer {
  for (let value = 0; value < 0x1_0000; value++) {
    data.writeUInt16BE(value, data.length - 3);
    const frame = frameOf(data);
    if (wanted(frame.readUInt32BE(frame.length - 4))) {
      return frame;
    }
  }
  throw new Error('no value gives such a CRC');
}
