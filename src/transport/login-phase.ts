import { decodeLogin } from '../protocol/login.js';

const MAX_PLAUSIBLE_IMEI_LENGTH = 64;

/** The beginning of a connection, under a timeout: collects a login that TCP may have cut anywhere. */
export class LoginPhase {
  private bytes: Buffer = Buffer.alloc(0);
  private readonly timer: NodeJS.Timeout;

  constructor(timeoutMs: number, onTimeout: () => void) {
    this.timer = setTimeout(onTimeout, timeoutMs);
  }

  /**
   * The IMEI and the bytes behind it, or null while the login is not whole.
   * Throws ProtocolError BAD_LOGIN as soon as the bytes can't become one.
   */
  read(chunk: Buffer): { imei: string; rest: Buffer } | null {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const login = decodeLogin(this.bytes);
    return login && { imei: login.imei, rest: this.bytes.subarray(login.bytesRead) };
  }

  /** It is over, whatever came of it. */
  end(): void {
    clearTimeout(this.timer);
  }

  /** Whether the peer at least speaks of an IMEI (a length comes first), so that a refusal means something to it. */
  get isLoginAttempt(): boolean {
    const length = this.bytes.length >= 2 ? this.bytes.readUInt16BE(0) : 0;
    return length > 0 && length <= MAX_PLAUSIBLE_IMEI_LENGTH;
  }
}
