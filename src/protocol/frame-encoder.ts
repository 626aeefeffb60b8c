import { ByteWriter } from './byte-writer.js';
import { crc16 } from './crc16.js';

/** Preamble, length and CRC, four bytes each. */
const FRAMING_BYTES = 12;

/** Wraps a data field (codec id to number of data 2) into a frame: preamble of zeros, length, data field, CRC. */
export function encodeFrame(data: Buffer): Buffer {
  return new ByteWriter(FRAMING_BYTES + data.length)
    .unsigned(0, 4, 'preamble')
    .unsigned(data.length, 4, 'length')
    .copy(data)
    .unsigned(crc16(data), 4, 'CRC')
    .finish();
}

/** Returns the data field of a frame that was made by encodeFrame. */
export function frameData(frame: Buffer): Buffer {
  return frame.subarray(8, frame.length - 4);
}

/** The answer to a frame of records: the number of accepted records. If it differs from the number sent, the device sends all of them again. */
export function encodeAcknowledgement(count: number): Buffer {
  return new ByteWriter(4).unsigned(count, 4, 'count').finish();
}
