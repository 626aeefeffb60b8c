import { decodeLogin, skipKeepAlives } from '../../protocol/login.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type AcceptedSocket } from './accepted-socket.js';
import { ProxyHeaderReader } from '../proxy-protocol/proxy-header.js';
import { type ProxySource } from '../proxy-protocol/proxy-source.js';
import { type TransportOptions } from '../transport-options.js';

const MAX_PLAUSIBLE_IMEI_LENGTH = 64;

/**
 * The beginning of a connection, until the login is decided: the header of a trusted balancer, where there is one, keep-alive bytes, which are
 * skipped, and the login, all under one timeout and one limit of bytes. TCP may have cut them anywhere.
 */
export class LoginPhase {
  #imei: string | null = null;
  private bytes: Buffer = Buffer.alloc(0);
  private bytesSeen = 0;
  /** Bounds what an unknown peer may send: the header, keep-alive bytes, the login, and everything behind it. */
  private readonly maxBytes: number;
  /** Null where the peer speaks for itself, and once it was read. */
  private proxyHeader: ProxyHeaderReader | null;
  private readonly timer: NodeJS.Timeout;

  /**
   * @param onSource told who is behind the balancer.
   */
  constructor(
    options: TransportOptions,
    { elapsedMs, expectsProxyHeader }: AcceptedSocket,
    onTimeout: () => void,
    private readonly onSource: (source: ProxySource) => void,
  ) {
    this.maxBytes = options.maxLoginBytes;
    this.proxyHeader = expectsProxyHeader ? new ProxyHeaderReader() : null;
    this.timer = setTimeout(onTimeout, Math.max(1, options.loginTimeoutMs - elapsedMs));
  }

  /** Who it is, once the login is whole. */
  get imei(): string | null {
    return this.#imei;
  }

  /**
   * The bytes behind the login, or null while it is not whole.
   * Throws ProtocolError BAD_PROXY_HEADER and BAD_LOGIN as soon as the bytes can't become one, LOGIN_TOO_LARGE when there are too many.
   */
  read(chunk: Buffer): Buffer | null {
    this.bytesSeen += chunk.length;
    if (this.bytesSeen > this.maxBytes) {
      throw new ProtocolError('LOGIN_TOO_LARGE', `${this.bytesSeen} bytes before the login was answered`, this.maxBytes);
    }
    if (this.#imei !== null) {
      return chunk;
    }
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
    return this.#imei === null && length > 0 && length <= MAX_PLAUSIBLE_IMEI_LENGTH;
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

  private readLogin(chunk: Buffer): Buffer | null {
    this.bytes = this.bytes.length === 0 ? skipKeepAlives(chunk) : Buffer.concat([this.bytes, chunk]);
    const login = decodeLogin(this.bytes);
    if (!login) {
      return null;
    }
    // A device may take its time from here on: the database may be away.
    this.end();
    this.#imei = login.imei;
    return this.bytes.subarray(login.bytesRead);
  }
}
