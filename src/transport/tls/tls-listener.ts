import { unwatchFile, watchFile } from 'node:fs';
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { type LoggerService } from '@nestjs/common';
import { type ProtocolError } from '../../protocol/protocol-error.js';
import { logProtocolError } from '../connection/protocol-error-log.js';
import { type AcceptedSocket, type ConnectionLimiter, type ConnectionSlot } from '../limits/connection-limiter.js';
import { type FailedAttemptOutcome } from '../failed-attempts.js';
import { ProxyHeaderReader } from '../proxy-protocol/proxy-header.js';
import { type PeerAddress, peerOf } from '../peer-address.js';
import { readTlsCredentials, type TlsCredentials, type TlsOptions } from './tls-credentials.js';
import { type TransportCounters } from '../transport-counters.js';
import { type TransportOptions } from '../transport-options.js';

const DAY_MS = 86_400_000;
const WARNING_DAYS = 14;
/** By the code of what OpenSSL says of the first bytes; null: a peer that has closed the connection before, as a health check does. */
const OUTCOMES: Readonly<Record<string, FailedAttemptOutcome | null>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'plain-on-tls-port',
  ERR_SSL_HTTP_REQUEST: 'http-request',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'http-request',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'no-login',
  ECONNRESET: null,
};

interface Handshake {
  readonly slot: ConnectionSlot;
  readonly acceptedAt: number;
  source: PeerAddress | null;
}

/**
 * The device port with TLS. A balancer that passes TCP through sends its PROXY header in clear text before the handshake, so the header is read
 * here before the socket is passed to TLS. The certificate files are polled, because a watch misses a certificate that is replaced through a
 * symbolic link.
 */
export class TlsListener {
  private readonly listener: NetServer;
  private readonly tls: TlsServer;
  /** By the addresses of both ends: a TLSSocket has no public reference to the socket below it. */
  private readonly handshakes = new Map<string, Handshake>();
  #expiresAt = new Date(0);

  constructor(
    private readonly options: TransportOptions,
    private readonly files: TlsOptions,
    private readonly counters: TransportCounters,
    private readonly logger: LoggerService,
    private readonly connectionLimiter: ConnectionLimiter,
    private readonly onSecure: (socket: TLSSocket, accepted: AcceptedSocket) => void,
  ) {
    const required = files.caFile !== null;
    this.tls = createTlsServer({
      ...this.load().context,
      handshakeTimeout: options.loginTimeoutMs,
      requestCert: required,
      rejectUnauthorized: required,
    });
    this.tls.on('secureConnection', (socket) => this.secured(socket));
    this.tls.on('tlsClientError', (error, socket) => this.handshakeFailed(error, socket));
    this.listener = createServer(
      { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: options.keepAliveMs, noDelay: true },
      (socket) => this.accept(socket),
    );
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** When the certificate in use expires. */
  get expiresAt(): Date {
    return this.#expiresAt;
  }

  listen(callback: (error?: unknown) => void): void {
    this.listener.once('error', callback);
    this.listener.listen({ host: this.options.host, port: this.files.port, backlog: 4096 }, () => {
      this.listener.off('error', callback);
      this.listener.on('error', (error) => void this.logger.error(error));
      for (const file of this.watched) {
        watchFile(file, { interval: this.files.reloadMs, persistent: false }, this.reload);
      }
      callback();
    });
  }

  /** Stops accepting connections, and destroys those whose handshake is not complete. */
  close(): void {
    this.watched.forEach((file) => unwatchFile(file, this.reload));
    this.listener.close();
    this.handshakes.forEach(({ slot }) => slot.socket.destroy());
  }

  private get watched(): string[] {
    const { certificateFile, keyFile, caFile } = this.files;
    return [certificateFile, keyFile, ...(caFile === null ? [] : [caFile])];
  }

  private load(): TlsCredentials {
    const credentials = readTlsCredentials(this.files, Date.now());
    const { expiresAt } = credentials;
    if (expiresAt.getTime() < Date.now() + WARNING_DAYS * DAY_MS) {
      this.logger.warn(`${this.files.certificateFile}: the certificate expires on ${expiresAt.toISOString()}. Replace the file.`);
    }
    this.#expiresAt = expiresAt;
    return credentials;
  }

  private readonly reload = (): void => {
    try {
      this.tls.setSecureContext(this.load().context);
      this.counters.tlsReloads++;
      this.logger.log(`${this.files.certificateFile}: new certificate loaded`);
    } catch (error) {
      this.counters.tlsReloadsFailed++;
      this.logger.error(`New certificate rejected, the previous one stays in use: ${(error as Error).message}`);
    }
  };

  private accept(socket: Socket): void {
    const slot = this.connectionLimiter.admit(socket);
    if (!slot) {
      return;
    }
    const key = keyOf(socket);
    const handshake: Handshake = { slot, acceptedAt: performance.now(), source: null };
    this.handshakes.set(key, handshake);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      // A new connection from the same port may have replaced it already.
      if (this.handshakes.get(key) === handshake) {
        this.handshakes.delete(key);
      }
      slot.release();
    });
    if (this.options.comesFromBalancer(peerOf(socket).address)) {
      this.readProxyHeader(socket, handshake);
    } else {
      this.tls.emit('connection', socket);
    }
  }

  private readProxyHeader(socket: Socket, handshake: Handshake): void {
    const reader = new ProxyHeaderReader();
    const timer = setTimeout(() => socket.destroy(), this.options.loginTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
    const receive = (chunk: Buffer): void => {
      const header = this.tryRead(reader, chunk, socket);
      if (!header) {
        return;
      }
      clearTimeout(timer);
      socket.off('data', receive);
      socket.pause();
      handshake.source = header.source;
      if (header.source && !handshake.slot.assignAddress(header.source.address)) {
        socket.destroy();
        return;
      }
      if (header.rest.length > 0) {
        socket.unshift(header.rest);
      }
      this.tls.emit('connection', socket);
    };
    socket.on('data', receive);
  }

  private tryRead(reader: ProxyHeaderReader, chunk: Buffer, socket: Socket): ReturnType<ProxyHeaderReader['read']> {
    try {
      return reader.read(chunk);
    } catch (error) {
      logProtocolError({ counters: this.counters, logger: this.logger }, error as ProtocolError, {
        remoteAddress: peerOf(socket).address,
      });
      socket.destroy();
      return null;
    }
  }

  private secured(socket: TLSSocket): void {
    const key = keyOf(socket);
    const handshake = this.handshakes.get(key);
    this.handshakes.delete(key);
    if (!handshake) {
      socket.destroy();
      return;
    }
    this.counters.tlsHandshakes++;
    const { slot, source, acceptedAt } = handshake;
    this.onSecure(socket, { slot, source, expectsProxyHeader: false, elapsedMs: performance.now() - acceptedAt });
  }

  private handshakeFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    this.counters.tlsHandshakesFailed++;
    const { source } = this.handshakes.get(keyOf(socket)) ?? {};
    const remoteAddress = (source ?? peerOf(socket)).address;
    const outcome = OUTCOMES[error.code ?? ''];
    if (outcome !== null) {
      this.counters.failedAttempts.note(outcome ?? 'tls-failed', { remoteAddress });
    }
    this.logger.debug?.(`${remoteAddress}: TLS handshake failed: ${error.message}`);
    socket.destroy();
  }
}

function keyOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.remoteAddress} ${socket.remotePort}`;
}
