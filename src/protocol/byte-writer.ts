const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/** Fills a buffer of known size with big-endian values. Throws RangeError for a value that does not fit its field. */
export class ByteWriter {
  private readonly bytes: Buffer;
  private offset = 0;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  unsigned(value: number, width: 1 | 2 | 4, what: string): this {
    requireInteger(value, 0, 2 ** (8 * width) - 1, what);
    this.offset = this.bytes.writeUIntBE(value, this.offset, width);
    return this;
  }

  signed(value: number, width: 1 | 2 | 4, what: string): this {
    const half = 2 ** (8 * width - 1);
    requireInteger(value, -half, half - 1, what);
    this.offset = this.bytes.writeIntBE(value, this.offset, width);
    return this;
  }

  uint64(value: number | bigint, what: string): this {
    const wide = BigInt(value);
    if (wide < 0n || wide > UINT64_MAX) {
      throw new RangeError(`${what}: ${value} is not an unsigned 64-bit integer`);
    }
    this.offset = this.bytes.writeBigUInt64BE(wide, this.offset);
    return this;
  }

  copy(source: Buffer): this {
    this.offset += source.copy(this.bytes, this.offset);
    return this;
  }

  /** Returns the buffer. The caller must have written exactly its size. */
  finish(): Buffer {
    if (this.offset !== this.bytes.length) {
      throw new Error(`wrote ${this.offset} of ${this.bytes.length} bytes`);
    }
    return this.bytes;
  }
}

function requireInteger(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${what}: ${value} is not an integer from ${min} to ${max}`);
  }
}
