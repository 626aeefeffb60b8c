import { CODEC_12, CODEC_14 } from '../../protocol/codec-ids.js';
import { type Frame, FrameSplitter } from '../../protocol/frame-splitter.js';
import { LOGIN_ACCEPTED } from '../../protocol/login.js';

export type ServerItem =
  | { readonly kind: 'login'; readonly isAccepted: boolean }
  | { readonly kind: 'acknowledgement'; readonly count: number }
  | { readonly kind: 'message'; readonly frame: Frame };

const WORD_BYTES = 4;
const HEADER_BYTES = 8;
const FRAMING_BYTES = 12;
/** Codec id, quantity, type, four bytes of size, no payload, quantity. */
const MIN_MESSAGE_BYTES = 8;
const MAX_FRAME_BYTES = 16_384;
const NOTHING = Buffer.alloc(0);

/**
 * Reads the bytes of a server on one connection: the answer to the login, then acknowledgements and messages in any order, wherever TCP
 * has cut them. An acknowledgement is a count of four bytes. A message is a frame, which begins with four zero bytes. So an
 * acknowledgement of 0 looks like the start of a frame. The next bytes decide (a frame has a length and a message codec there). If none
 * follow, the caller decides after a timeout: see `isUndecided`.
 */
export class ServerStream {
  private bytes: Buffer = NOTHING;
  private isLoggedIn = false;

  /** Whether four zero bytes have arrived that are an acknowledgement of 0 or the start of a frame. */
  get isUndecided(): boolean {
    return this.isLoggedIn && this.bytes.length >= WORD_BYTES && this.bytes.length <= HEADER_BYTES;
  }

  push(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
  }

  /** Returns the next item, or null when more bytes are needed. Throws BAD_CRC for a damaged message, after which reading may continue. */
  next(): ServerItem | null {
    if (!this.isLoggedIn) {
      return this.readLogin();
    }
    if (this.bytes.length < WORD_BYTES) {
      return null;
    }
    const count = this.bytes.readUInt32BE(0);
    if (count !== 0) {
      return this.readAcknowledgement();
    }
    if (this.bytes.length < HEADER_BYTES) {
      return null;
    }
    return this.looksLikeFrame() ? this.readMessage() : this.readAcknowledgement();
  }

  /** To be called after a timeout without further bytes: reads undecided zeros as an acknowledgement of 0. */
  settle(): ServerItem | null {
    return this.isUndecided ? this.readAcknowledgement() : null;
  }

  private readLogin(): ServerItem | null {
    if (this.bytes.length === 0) {
      return null;
    }
    this.isLoggedIn = true;
    return { kind: 'login', isAccepted: this.take(1)[0] === LOGIN_ACCEPTED };
  }

  private readAcknowledgement(): ServerItem {
    return { kind: 'acknowledgement', count: this.take(WORD_BYTES).readUInt32BE(0) };
  }

  private readMessage(): ServerItem | null {
    const length = this.bytes.readUInt32BE(WORD_BYTES) + FRAMING_BYTES;
    if (this.bytes.length < length) {
      return null;
    }
    const splitter = new FrameSplitter(MAX_FRAME_BYTES);
    splitter.push(this.take(length));
    const frame = splitter.next();
    return frame === null ? null : { kind: 'message', frame };
  }

  private looksLikeFrame(): boolean {
    const length = this.bytes.readUInt32BE(WORD_BYTES);
    const codec = this.bytes[HEADER_BYTES];
    const isMessageCodec = codec === undefined || codec === CODEC_12 || codec === CODEC_14;
    return length >= MIN_MESSAGE_BYTES && length + FRAMING_BYTES <= MAX_FRAME_BYTES && isMessageCodec;
  }

  private take(length: number): Buffer {
    const taken = this.bytes.subarray(0, length);
    this.bytes = length === this.bytes.length ? NOTHING : this.bytes.subarray(length);
    return taken;
  }
}
