import { ProtocolError } from './protocol-error.js';

/**
 * A cursor over big-endian bytes that throws TRUNCATED instead of reading behind their end.
 *
 * It reads through a DataView. Measured on codec 8 Extended records of 24 elements: indexing the Buffer directly is not faster
 * (2.90 million records/s instead of 2.95). Reading the two 8-byte elements with Buffer's readBigUInt64BE, which creates three bigints for
 * each, is slower (2.25).
 */
export class ByteReader {
  /** For loops that have claimed their bytes already. Its offsets are those of the reader. */
  readonly view: DataView;

  /** @param offset where to start. All offsets, also those in errors, count from the start of `bytes`. */
  constructor(
    private readonly bytes: Buffer,
    public offset = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  uint8(): number {
    return this.view.getUint8(this.claim(1));
  }

  uint16(): number {
    return this.view.getUint16(this.claim(2));
  }

  uint32(): number {
    return this.view.getUint32(this.claim(4));
  }

  /** Returns the next `length` bytes as a view, not a copy. */
  slice(length: number): Buffer {
    const start = this.claim(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Returns the bytes that were read since `start`, also as a view. */
  sliceFrom(start: number): Buffer {
    return this.bytes.subarray(start, this.offset);
  }

  /** Checks that the next `length` bytes exist, moves behind them, and returns their offset. */
  claim(length: number): number {
    const start = this.offset;
    if (start + length > this.end) {
      throw new ProtocolError('TRUNCATED', `expected ${length} bytes, got ${this.remaining}`, start);
    }
    this.offset = start + length;
    return start;
  }
}
