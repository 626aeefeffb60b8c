/** Seconds between 1970-01-01 and 2000-01-01, where PostgreSQL's timestamps begin. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const NULL_LENGTH = -1;
const TWO_32 = 0x1_0000_0000;
const NUMERIC_POSITIVE = 0x0000;
const NUMERIC_NEGATIVE = 0x4000;
const COORDINATE_DECIMALS = 7;
const JSONB_VERSION = 1;

/** Header of a binary COPY: signature, flags, length of the extension. */
export const COPY_HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
/** Trailer of a binary COPY: a column count of -1. */
export const COPY_TRAILER = Buffer.from('ffff', 'hex');

/** Unix milliseconds of a timestamptz that `CopyBuffer.timestamp` wrote; the offset is that of its eight bytes. */
export function timestampMsAt(bytes: Buffer, offset: number): number {
  const microseconds = bytes.readInt32BE(offset) * TWO_32 + bytes.readUInt32BE(offset + 4);
  return Math.round(microseconds / 1000) + POSTGRES_EPOCH_MS;
}

/**
 * A growing buffer of rows in PostgreSQL's binary COPY format (PostgreSQL manual, COPY, "Binary Format"; each column a
 * 4-byte length and the type's send format).
 *
 * Written through a DataView: Buffer's own writeInt32BE and friends check their arguments on every call. Measured: 1 ns instead of 7 to 13 for
 * four bytes, 9 instead of 65 for eight.
 */
export class CopyBuffer {
  private bytes: Buffer;
  private view: DataView;
  private position = 0;

  constructor(initialBytes = 64 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.view = viewOf(this.bytes);
  }

  get length(): number {
    return this.position;
  }

  get capacity(): number {
    return this.bytes.length;
  }

  /** Starts again in the same memory. Views returned by `written` become invalid. */
  clear(): void {
    this.position = 0;
  }

  /** A view of what was written, valid until the next write. */
  written(start = 0, end = this.position): Buffer {
    return this.bytes.subarray(start, end);
  }

  /** Makes sure the next `bytes` fit. Called once per row, with its maximum size. */
  reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.bytes.length) {
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  startRow(columns: number): void {
    this.raw16(columns);
  }

  null(): void {
    this.raw32(NULL_LENGTH);
  }

  smallint(value: number): void {
    this.raw32(2);
    this.raw16(value);
  }

  integer(value: number): void {
    this.raw32(4);
    this.raw32(value);
  }

  /** A whole number that a double holds exactly. */
  bigint(value: number): void {
    this.raw32(8);
    this.raw64(value);
  }

  /** Eight bytes as they are. */
  hash(value: bigint): void {
    this.raw32(8);
    this.view.setBigUint64(this.position, value);
    this.position += 8;
  }

  /** timestamptz from Unix milliseconds. */
  timestamp(ms: number): void {
    this.raw32(8);
    this.raw64((ms - POSTGRES_EPOCH_MS) * 1000);
  }

  /** numeric with seven decimals from degrees times 10,000,000: digits of base 10,000, one before the point, two behind it. */
  coordinate(value: number): void {
    const magnitude = Math.abs(value);
    const degrees = Math.floor(magnitude / 1e7);
    const fraction = (magnitude - degrees * 1e7) * 10;
    const upper = Math.floor(fraction / 10_000);
    this.raw32(14);
    this.raw16(3);
    this.raw16(0);
    this.raw16(value < 0 ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    this.raw16(COORDINATE_DECIMALS);
    this.raw16(degrees);
    this.raw16(upper);
    this.raw16(fraction - upper * 10_000);
  }

  /** numeric without decimals from an unsigned 64-bit value. */
  unsigned64(value: bigint): void {
    const number = Number(value);
    if (number <= Number.MAX_SAFE_INTEGER) {
      this.safeInteger(number);
      return;
    }
    const top = Number(value / 10_000_000_000_000_000n);
    const rest = value % 10_000_000_000_000_000n;
    const middle = Number(rest / 100_000_000n);
    const low = Number(rest % 100_000_000n);
    this.raw32(18);
    this.raw16(5);
    this.raw16(4);
    this.raw16(NUMERIC_POSITIVE);
    this.raw16(0);
    this.raw16(top);
    this.raw16(Math.floor(middle / 10_000));
    this.raw16(middle % 10_000);
    this.raw16(Math.floor(low / 10_000));
    this.raw16(low % 10_000);
  }

  /** Most values. Measured: 45 to 60 ns; the divisions of bigints above make it 145 to 160. */
  private safeInteger(value: number): void {
    const upper = Math.floor(value / 100_000_000);
    const lower = value - upper * 100_000_000;
    this.raw32(16);
    this.raw16(4);
    this.raw16(3);
    this.raw16(NUMERIC_POSITIVE);
    this.raw16(0);
    this.raw16(Math.floor(upper / 10_000));
    this.raw16(upper % 10_000);
    this.raw16(Math.floor(lower / 10_000));
    this.raw16(lower % 10_000);
  }

  /** Text. The caller guarantees that it is ASCII. */
  ascii(value: string): void {
    this.reserve(value.length + 512);
    this.raw32(value.length);
    const { bytes, position } = this;
    for (let index = 0; index < value.length; index++) {
      bytes[position + index] = value.charCodeAt(index);
    }
    this.position = position + value.length;
  }

  /** Text from bytes. The caller guarantees that they are ASCII. */
  asciiBytes(value: Buffer): void {
    this.reserve(value.length + 512);
    this.raw32(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** jsonb from JSON text of ASCII characters. */
  jsonb(json: string): void {
    this.reserve(json.length + 512);
    this.raw32(json.length + 1);
    this.bytes[this.position++] = JSONB_VERSION;
    this.position += this.bytes.write(json, this.position, json.length, 'latin1');
  }

  private raw16(value: number): void {
    this.view.setInt16(this.position, value);
    this.position += 2;
  }

  private raw32(value: number): void {
    this.view.setInt32(this.position, value);
    this.position += 4;
  }

  private raw64(value: number): void {
    const upper = Math.floor(value / TWO_32);
    this.raw32(upper);
    this.raw32(value - upper * TWO_32);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
