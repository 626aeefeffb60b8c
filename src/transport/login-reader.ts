import { decodeLogin } from '../protocol/login.js';

/** Collects a login that TCP may have cut anywhere. */
export class LoginReader {
  private bytes: Buffer = Buffer.alloc(0);

  /**
   * The IMEI and the bytes behind it, or null while the login is not whole.
   * Throws ProtocolError BAD_LOGIN as soon as the bytes can't become one.
   */
  read(chunk: Buffer): { imei: string; rest: Buffer } | null {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const login = decodeLogin(this.bytes);
    return login && { imei: login.imei, rest: this.bytes.subarray(login.bytesRead) };
  }

  /** Whether the peer at least speaks of an IMEI (a length comes first), so that a refusal means something to it. */
  get isLoginAttempt(): boolean {
    const MAX_PLAUSIBLE_IMEI_LENGTH = 64;
    const length = this.bytes.length >= 2 ? this.bytes.readUInt16BE(0) : 0;
    return length > 0 && length <= MAX_PLAUSIBLE_IMEI_LENGTH;
  }
}
