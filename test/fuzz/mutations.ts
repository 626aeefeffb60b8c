import { crc16, uint } from '../support/frames.js';
import { type Draw } from './draw.js';

/** Where things stand in a frame: preamble, length, codec id, number of data 1. */
const LENGTH_AT = 4;
const DATA_AT = 8;
const COUNT_AT = 9;
/** Of a message (codecs 12 to 15): codec id, count, type, and then the length of the text. */
const MESSAGE_LENGTH_AT = 11;
/** Of a record: time, priority, position. What follows are counts of IO elements. */
const FIRST_IO_AT = 10 + 24;
const CRC_BYTES = 4;

export type Mutation = (bytes: Buffer, draw: Draw) => Buffer;

export const flipBits: Mutation = (bytes, draw) => {
  const flipped = Buffer.from(bytes);
  for (let left = draw.integer(1, 12); left > 0; left--) {
    const at = draw.integer(0, flipped.length - 1);
    flipped[at] = flipped.readUInt8(at) ^ (1 << draw.integer(0, 7));
  }
  return flipped;
};

/** The length of the data field says something else than is there. */
export const changeLength: Mutation = (frame, draw) =>
  overwrite(frame, LENGTH_AT, draw.field(4, frame.length - DATA_AT - CRC_BYTES));

/** A count says something else than is there: of records (before or behind them), of IO elements, of a text's bytes. */
export const changeCount: Mutation = (frame, draw) => {
  const countBehind = frame.length - CRC_BYTES - 1;
  const at = draw.of([COUNT_AT, countBehind, MESSAGE_LENGTH_AT, FIRST_IO_AT, draw.integer(FIRST_IO_AT, countBehind)]);
  const start = Math.min(at, countBehind);
  const width = draw.of([1, 2, 4]);
  return overwrite(frame, start, draw.field(width, frame.readUInt8(start)));
};

export const overwriteAnything: Mutation = (frame, draw) =>
  overwrite(frame, draw.integer(DATA_AT, frame.length - 1), draw.field(draw.of([1, 2, 4, 8]), 0));

/** Something is missing, twice there, or new; the length field may be put right. */
export const changeSize: Mutation = (frame, draw) => {
  const at = draw.integer(DATA_AT, frame.length - CRC_BYTES);
  const length = draw.integer(1, 40);
  const end = Math.min(frame.length - CRC_BYTES, at + length);
  const piece = draw.of([
    () => Buffer.alloc(0),
    () => Buffer.concat([frame.subarray(at, end), frame.subarray(at, end)]),
    () => Buffer.concat([draw.bytes(length), frame.subarray(at, end)]),
  ])();
  const changed = Buffer.concat([frame.subarray(0, at), piece, frame.subarray(end)]);
  return draw.once(4) ? changed : overwrite(changed, LENGTH_AT, uint(changed.length - DATA_AT - CRC_BYTES, 4));
};

/** Another codec than the one the body was written in. */
export const changeCodec: Mutation = (frame, draw) =>
  overwrite(frame, DATA_AT, Buffer.of(draw.of([0x08, 0x8e, 0x10, 0x0c, 0x0d, 0x0e, 0x0f, 0x00, 0xff, draw.integer(0, 255)])));

/** With the CRC that the data field has now: without it no mutation would get past the CRC to the decoders. */
export function withRightCrc(frame: Buffer): Buffer {
  if (frame.length < DATA_AT + CRC_BYTES) {
    return frame;
  }
  // The field is as long as it says, where that is possible: so far a receiver would read.
  const claimed = frame.readUInt32BE(LENGTH_AT);
  const end = Math.min(frame.length - CRC_BYTES, DATA_AT + claimed);
  return overwrite(frame, end, uint(crc16(frame.subarray(DATA_AT, end)), CRC_BYTES));
}

function overwrite(bytes: Buffer, at: number, by: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  by.copy(changed, at);
  return changed;
}
