import { crc16 } from './crc16.js';
import { ProtocolError, type ProtocolErrorCode } from './protocol-error.js';

const PREAMBLE_BYTES = 4;
const HEADER_BYTES = 8;
const CRC_BYTES = 4;
/** The bytes of a frame besides its data field. */
const FRAMING_BYTES = HEADER_BYTES + CRC_BYTES;
/** Codec id, number of data 1, number of data 2. */
const MIN_DATA_BYTES = 3;
/** A keep-alive byte ("network ping") that a device sends between frames on an idle link. It is not answered. */
export const KEEP_ALIVE = 0xff;
const FIRST_ALLOCATION_BYTES = 512;

export interface Frame {
  readonly codec: number;
  /** Number of data 1: the number of records by the frame's own count. */
  readonly count: number;
  /** The data field, codec id to number of data 2. */
  readonly data: Buffer;
  /** The whole frame, preamble to CRC. */
  readonly bytes: Buffer;
}

/** A frame whose CRC does not match. The stream is still synchronized: the next frame may be read. */
export class FrameCrcError extends ProtocolError {
  constructor(
    readonly frame: Frame,
    message: string,
  ) {
    super('BAD_CRC', message, frame.bytes.length - CRC_BYTES);
  }
}

/**
 * Splits the bytes behind a login into frames, wherever TCP has cut them. Push chunks, then call next() until it returns null.
 * A frame that lies inside one chunk is a view of it, so a pushed chunk belongs to the splitter.
 *
 * After next() has returned null, the splitter is in one of three states. Idle: nothing is held. In the header: up to seven bytes have
 * arrived, of which only their number and the length so far are kept. In the body: `partial` holds the bytes that have arrived.
 */
export class FrameSplitter {
  private chunk: Buffer | null = null;
  private position = 0;
  /** Chunks that were pushed before the current one was read completely. */
  private later: Buffer[] | null = null;
  private headerBytes = 0;
  private dataLength = 0;
  private partial: Buffer | null = null;
  /** How much of `partial` is filled. */
  private partialBytes = 0;
  private failure: ProtocolError | null = null;
  private pingCount = 0;

  constructor(private readonly maxFrameBytes: number) {}

  /** Bytes that were pushed and are not part of a returned frame. */
  get bufferedBytes(): number {
    const unread = this.chunk === null ? 0 : this.chunk.length - this.position;
    const queued = this.later === null ? 0 : this.later.reduce((sum, chunk) => sum + chunk.length, 0);
    return unread + queued + (this.partial === null ? this.headerBytes : this.partialBytes);
  }

  /** Keep-alive bytes seen so far. */
  get pings(): number {
    return this.pingCount;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.failure !== null) {
      return;
    }
    if (this.chunk === null) {
      this.chunk = chunk;
    } else {
      (this.later ??= []).push(chunk);
    }
  }

  /**
   * Returns the next complete frame, or null when more bytes are needed. After FrameCrcError the stream is still synchronized. After
   * BAD_PREAMBLE and BAD_LENGTH the start of the next frame is unknown, and every later call throws the same error.
   */
  next(): Frame | null {
    if (this.failure !== null) {
      throw this.failure;
    }
    while (this.chunk !== null) {
      const bytes = this.readHeader(this.chunk) ? (this.takeWhole(this.chunk) ?? this.takePart(this.chunk)) : null;
      this.dropUsedChunk();
      if (bytes !== null) {
        return this.finish(bytes);
      }
    }
    return null;
  }

  /** Returns true when preamble and length are read, and false when the chunk ended before. */
  private readHeader(chunk: Buffer): boolean {
    while (this.headerBytes < HEADER_BYTES) {
      if (this.position === chunk.length) {
        return false;
      }
      this.readHeaderByte(chunk[this.position++]!);
    }
    return true;
  }

  /** Each byte is checked as it arrives: a peer with another protocol is detected by its first byte. */
  private readHeaderByte(byte: number): void {
    if (this.headerBytes >= PREAMBLE_BYTES) {
      this.dataLength = this.dataLength * 0x100 + byte;
      if (++this.headerBytes === HEADER_BYTES) {
        this.requireLength();
      }
    } else if (byte === 0) {
      this.headerBytes++;
    } else if (byte === KEEP_ALIVE && this.headerBytes === 0) {
      this.pingCount++;
    } else {
      throw this.fail('BAD_PREAMBLE', `expected 0x00, got 0x${byte.toString(16)}`, this.headerBytes);
    }
  }

  private requireLength(): void {
    const length = this.dataLength;
    if (length < MIN_DATA_BYTES || length + FRAMING_BYTES > this.maxFrameBytes) {
      const limit = this.maxFrameBytes - FRAMING_BYTES;
      throw this.fail(
        'BAD_LENGTH',
        `expected a data field of ${MIN_DATA_BYTES} to ${limit} bytes, got ${length}`,
        PREAMBLE_BYTES,
      );
    }
  }

  /**
   * The fast path: the frame lies in this chunk and is not copied. If its header began in an earlier chunk, fewer than eight bytes of
   * this chunk were read.
   */
  private takeWhole(chunk: Buffer): Buffer | null {
    const start = this.position - HEADER_BYTES;
    const end = start + FRAMING_BYTES + this.dataLength;
    if (this.partial !== null || start < 0 || end > chunk.length) {
      return null;
    }
    this.position = end;
    return chunk.subarray(start, end);
  }

  /** Copies the part of the frame in this chunk, so that a partial frame does not keep a chunk of many times its size in memory. */
  private takePart(chunk: Buffer): Buffer | null {
    const frameBytes = FRAMING_BYTES + this.dataLength;
    const filled = this.partial === null ? HEADER_BYTES : this.partialBytes;
    const take = Math.min(frameBytes - filled, chunk.length - this.position);
    const partial = this.reserve(filled + take, frameBytes);
    chunk.copy(partial, filled, this.position, this.position + take);
    this.position += take;
    this.partialBytes = filled + take;
    return this.partialBytes === frameBytes ? partial : null;
  }

  /**
   * Returns a buffer for `needed` bytes of the frame. It grows by doubling up to the size of the frame: a frame that arrives slowly costs
   * O(n), and a peer that only announces a long frame costs 512 bytes. allocUnsafeSlow, because a slice of Node's shared 8 KiB pool would
   * keep the whole pool in memory until the rest of the frame arrives.
   */
  private reserve(needed: number, frameBytes: number): Buffer {
    if (this.partial !== null && this.partial.length >= needed) {
      return this.partial;
    }
    const size = Math.min(frameBytes, Math.max(FIRST_ALLOCATION_BYTES, needed * 2));
    const grown = Buffer.allocUnsafeSlow(size);
    if (this.partial === null) {
      grown.writeUInt32BE(0, 0);
      grown.writeUInt32BE(this.dataLength, PREAMBLE_BYTES);
    } else {
      this.partial.copy(grown, 0, 0, this.partialBytes);
    }
    this.partial = grown;
    return grown;
  }

  private dropUsedChunk(): void {
    if (this.chunk !== null && this.position === this.chunk.length) {
      this.chunk = this.later?.shift() ?? null;
      this.position = 0;
      if (this.later?.length === 0) {
        this.later = null;
      }
    }
  }

  private finish(bytes: Buffer): Frame {
    this.headerBytes = 0;
    this.dataLength = 0;
    this.partial = null;
    const crcOffset = bytes.length - CRC_BYTES;
    const data = bytes.subarray(HEADER_BYTES, crcOffset);
    const frame: Frame = { codec: data[0]!, count: data[1]!, data, bytes };
    const expected = crc16(bytes, HEADER_BYTES, crcOffset);
    const found = bytes.readUInt32BE(crcOffset);
    if (found !== expected) {
      throw new FrameCrcError(frame, `expected CRC 0x${expected.toString(16)}, got 0x${found.toString(16)}`);
    }
    return frame;
  }

  private fail(code: ProtocolErrorCode, message: string, offset: number): ProtocolError {
    this.failure = new ProtocolError(code, message, offset);
    this.chunk = null;
    this.later = null;
    this.headerBytes = 0;
    return this.failure;
  }
}
