import { crc16 } from '../src/protocol/crc16.js';
import { buildFrame } from './tft100-records.js';

const HEADER_BYTES = 8;
const DATA_FIELD_START = HEADER_BYTES + 2;
const CRC_BYTES = 4;

/** A frame that costs the load generator as little as can be: made once, only the times and the CRC are new each time. */
export class TelemetryFrame {
  private readonly bytes: Buffer;
  private readonly recordBytes: number;

  /** @param nextTimestampMs device time of the first record, Unix milliseconds; each further one is a millisecond later. */
  constructor(
    serial: number,
    private readonly records: number,
    private nextTimestampMs: number,
  ) {
    this.bytes = buildFrame(serial * records, records);
    this.recordBytes = (this.bytes.length - DATA_FIELD_START - 1 - CRC_BYTES) / records;
  }

  /** The bytes to write now. They are the same buffer each time: not before the last ones were acknowledged. */
  next(): Buffer {
    const { bytes } = this;
    for (let index = 0; index < this.records; index++) {
      const offset = DATA_FIELD_START + index * this.recordBytes;
      bytes.writeUInt32BE(Math.floor(this.nextTimestampMs / 0x1_0000_0000), offset);
      bytes.writeUInt32BE(this.nextTimestampMs % 0x1_0000_0000, offset + 4);
      this.nextTimestampMs++;
    }
    const crcOffset = bytes.length - CRC_BYTES;
    bytes.writeUInt32BE(crc16(bytes, HEADER_BYTES, crcOffset), crcOffset);
    return bytes;
  }
}
