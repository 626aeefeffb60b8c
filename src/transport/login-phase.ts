import { decodeLogin } from '../protocol/login.js';
import { type ProxyHeaderReader } from './proxy-header.js';
import { type ProxySource } from './proxy-source.js';

const MAX_PLAUSIBLE_IMEI_LENGTH = 64;

/**
 * The beginning of a connection, under a timeout: the header of a trusted balancer, where there is one, and then the login. TCP may have cut
 * both anywhere.
 */
export class LoginPhase {
  private bytes: Buffer = Buffer.alloc(0);
  private readonly timer: NodeJS.Timeout;

  /**
   * @param proxyHeader null where the peer speaks for itself.
   * @param onSource told who is behind the balancer.
   */
  constructor(
    timeoutMs: number,
    onTimeout: () => void,
    private proxyHeader: ProxyHeaderReader | null,
    private readonly onSource: (source: ProxySource) => void,
  ) {
    this.timer = setTimeout(onTimeout, timeoutMs);
  }

  /**
   * The IMEI and the bytes behind it, or null while the login is not whole.
   * Throws ProtocolError BAD_PROXY_HEADER and BAD_LOGIN as soon as the bytes can't become one.
   */
  read(chunk: Buffer): { imei: string; rest: Buffer } | null {
    const bytes = this.proxyHeader ? this.readProxyHeader(this.proxyHeader, chunk) : chunk;
    return bytes && this.readLogin(bytes);
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

  private readProxyHeader(reader: ProxyHeaderReader, chunk: Buffer): Buffer | null {
    const header = reader.read(chunk);
    if (!header) {
      return null;
    }
    this.proxyHeader = null;
    if (header.source) {
      this.onSource(header.source);
    }
    return header.rest;
  }

  private readLogin(chunk: Buffer): { imei: string; rest: Buffer } | null {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const login = decodeLogin(this.bytes);
    return login && { imei: login.imei, rest: this.bytes.subarray(login.bytesRead) };
  }
}
