import { ByteWriter } from './byte-writer.js';
import { crc16 } from './crc16.js';

/** Preamble, length and CRC, four bytes each. */
const FRAMING_BYTES = 12;

/** Wraps a data field (codec id to number of data 2): preamble of zeros, its length, the field, its CRC. */
export function encodeFrame(data: Buffer): Buffer {
  return new ByteWriter(FRAMING_BYTES + data.length)
    .unsigned(0, 4, 'preamble')
    .unsigned(data.length, 4, 'length')
    .copy(data)
    .unsigned(crc16(data), 4, 'CRC')
    .finish();
}

/** The data field of a frame that encodeFrame made. */
export function frameData(frame: Buffer): Buffer {
  return frame.subarray(8, frame.length - 4);
}

/** Answers a frame of records with how many were accepted. Any other number than was sent makes the device send all again. */
export function encodeAcknowledgement(count: number): Buffer {
  return new ByteWriter(4).unsigned(count, 4, 'count').finish();
}
