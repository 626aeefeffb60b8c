import { encodeRecordArray, type RecordToEncode } from '../../protocol/avl-encoder.js';
import { type IoElement } from '../../protocol/avl-record.js';
import { type RecordCodec } from '../../protocol/codec-ids.js';
import { RECORD_FIXED_BYTES, RECORD_LAYOUTS } from '../../protocol/record-layout.js';

/** Codec id and number of data before the record, number of data after it. */
const ARRAY_HEAD_BYTES = 2;
const ARRAY_TAIL_BYTES = 1;
const VARIABLE_LENGTH_BYTES = 2;
const GROUP_WIDTHS = [1, 2, 4, 8] as const;

/**
 * Encodes records that have the same IO elements. The encoder of `protocol` writes the first one. The others are copies of it with new
 * values, which is several times cheaper: a fleet of thousands spends most of its time on writing records.
 */
export class RecordTemplate {
  private readonly bytes: Buffer;
  /** Offset of the value of each IO element, in the order of the elements. */
  private readonly valueOffsets: readonly number[];

  constructor(
    private readonly codec: RecordCodec,
    first: RecordToEncode,
  ) {
    const array = encodeRecordArray(codec, [first]);
    this.bytes = array.subarray(ARRAY_HEAD_BYTES, array.length - ARRAY_TAIL_BYTES);
    this.valueOffsets = findValueOffsets(codec, first.io);
  }

  /** Returns the bytes of a record, timestamp to last IO element. */
  encode(record: RecordToEncode): Buffer {
    const bytes = Buffer.from(this.bytes);
    const timestampMs = Number(record.timestampMs);
    bytes.writeUInt32BE(Math.floor(timestampMs / 2 ** 32), 0);
    bytes.writeUInt32BE(timestampMs % 2 ** 32, 4);
    bytes.writeUInt8(record.priority, 8);
    bytes.writeInt32BE(record.longitude, 9);
    bytes.writeInt32BE(record.latitude, 13);
    bytes.writeInt16BE(record.altitude, 17);
    bytes.writeUInt16BE(record.angle, 19);
    bytes.writeUInt8(record.satellites, 21);
    bytes.writeUInt16BE(record.speed, 22);
    this.writeEvent(bytes, record);
    for (let index = 0; index < record.io.length; index++) {
      writeValue(bytes, record.io[index]!, this.valueOffsets[index]!);
    }
    return bytes;
  }

  private writeEvent(bytes: Buffer, record: RecordToEncode): void {
    const { idBytes, hasGenerationType } = RECORD_LAYOUTS[this.codec];
    bytes.writeUIntBE(record.eventIoId, RECORD_FIXED_BYTES, idBytes);
    if (hasGenerationType) {
      bytes.writeUInt8(record.generationType ?? 0, RECORD_FIXED_BYTES + idBytes);
    }
  }
}

/** The elements are encoded in groups: those of one byte, of two, four, eight, then those of variable length. */
function findValueOffsets(codec: RecordCodec, io: readonly IoElement[]): number[] {
  const { idBytes, countBytes, hasGenerationType } = RECORD_LAYOUTS[codec];
  const offsets: number[] = [];
  let offset = RECORD_FIXED_BYTES + idBytes + (hasGenerationType ? 1 : 0) + countBytes;
  for (const groupWidth of [...GROUP_WIDTHS, null]) {
    offset += countBytes;
    io.forEach(({ width, value }, index) => {
      const isVariable = Buffer.isBuffer(value);
      if (isVariable ? groupWidth === null : groupWidth === width) {
        const start = offset + idBytes + (isVariable ? VARIABLE_LENGTH_BYTES : 0);
        offsets[index] = start;
        offset = start + width;
      }
    });
  }
  return offsets;
}

function writeValue(bytes: Buffer, { width, value }: IoElement, offset: number): void {
  if (typeof value === 'bigint') {
    bytes.writeBigUInt64BE(value, offset);
  } else if (typeof value !== 'number') {
    value.copy(bytes, offset);
  } else if (width === 1) {
    bytes.writeUInt8(value, offset);
  } else if (width === 2) {
    bytes.writeUInt16BE(value, offset);
  } else {
    bytes.writeUInt32BE(value, offset);
  }
}
