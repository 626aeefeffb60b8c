import { crc16 } from './crc16.js';
import { ProtocolError, type ProtocolErrorCode } from './protocol-error.js';

const PREAMBLE_BYTES = 4;
const HEADER_BYTES = 8;
const CRC_BYTES = 4;
/** What a frame has besides its data field. */
const FRAMING_BYTES = HEADER_BYTES + CRC_BYTES;
/** Codec id, number of data 1, number of data 2. */
const MIN_DATA_BYTES = 3;
/** A keep-alive byte ("network ping") that a device sends between frames on an idle link. Nothing is answered. */
export const KEEP_ALIVE = 0xff;
const FIRST_ALLOCATION_BYTES = 512;

export interface Frame {
  readonly codec: number;
  /** Number of data 1: how many records, as the frame claims. */
  readonly count: number;
  /** The data field, codec id to number of data 2. */
  readonly data: Buffer;
  /** The whole frame, preamble to CRC. */
  readonly bytes: Buffer;
}

/** A frame whose CRC does not match. The stream is still in step: the next frame may be read. */
export class FrameCrcError extends ProtocolError {
  constructor(
    readonly frame: Frame,
    message: string,
  ) {
    super('BAD_CRC', message, frame.bytes.length - CRC_BYTES);
  }
}

/**
 * Cuts the bytes that follow a login into frames, wherever TCP has cut them. Push chunks in, take frames out with next()
 * until it gives null. Frames that lie inside one chunk are views of it, so a pushed chunk belongs to the splitter.
 *
 * When next() has given null, it is in one of three states. Idle: nothing is held. In the header: up to seven bytes have
 * come, of which only their number and the length so far are kept. In the body: `partial` holds what has come.
 */
export class FrameSplitter {
  private chunk: Buffer | null = null;
  private position = 0;
  /** Chunks pushed before the current one was used up. */
  private later: Buffer[] | null = null;
  private headerBytes = 0;
  private dataLength = 0;
  private partial: Buffer | null = null;
  /** How much of `partial` is filled. */
  private partialBytes = 0;
  private failure: ProtocolError | null = null;
  private pingCount = 0;

  constructor(private readonly maxFrameBytes: number) {}

  /** Bytes pushed that belong to no frame given out yet. */
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
   * The next whole frame, or null when more bytes are needed. FrameCrcError leaves the stream in step. BAD_PREAMBLE and
   * BAD_LENGTH do not: where the next frame begins is unknown, and every later call throws the same error.
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

  /** True when preamble and length are read; false when the chunk was used up before. */
  private readHeader(chunk: Buffer): boolean {
    while (this.headerBytes < HEADER_BYTES) {
      if (this.position === chunk.length) {
        return false;
      }
      this.readHeaderByte(chunk[this.position++]!);
    }
    return true;
  }

  /** Each byte is judged as it comes: a peer that speaks another protocol is known by its first. */
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
      throw this.fail('BAD_LENGTH', `data field length is ${MIN_DATA_BYTES} to ${limit}, got ${length}`, PREAMBLE_BYTES);
    }
  }

  /**
   * The fast path: the frame lies in this chunk and is not copied. Where its header began in an earlier chunk, fewer than
   * eight bytes of this one are read.
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

  /** Copies what the chunk has of the frame, so that a half frame does not hold a chunk many times its size. */
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
   * Room for `needed` bytes of the frame. It grows by doubling up to the frame's size: a frame that trickles in costs O(n),
   * and a peer that only claims a long frame costs 512 bytes. Slow allocations, because a piece of Node's shared 8 KiB pool
   * would keep the whole pool alive for as long as the device takes to send the rest.
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
