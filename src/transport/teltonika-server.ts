import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { ByteBudget } from './limits/byte-budget.js';
import { ConnectionRegistry } from './connection-registry.js';
import { type ConnectionEnvironment } from './connection/connection-environment.js';
import { DeviceConnection } from './connection/device-connection.js';
import { DeviceTrace } from './device-trace.js';
import { type AcceptedSocket, ConnectionLimiter } from './limits/connection-limiter.js';
import { FrameDispatcher, type AskHandler } from './connection/frame-dispatcher.js';
import { LoginThrottle } from './limits/login-throttle.js';
import { type TeltonikaContext } from './teltonika.context.js';
import { peerOf } from './peer-address.js';
import { TlsListener } from './tls/tls-listener.js';
import { TransportCounters } from './transport-counters.js';
import { UdpListener } from './udp/udp-listener.js';
import { TRANSPORT_OPTIONS, type TransportOptions } from './transport-options.js';

/** 500 a second, or faster where that would take more than half of the time there is. */
const CLOSED_AT_A_TIME = 50;
const CLOSING_PAUSE_MS = 100;

const TELTONIKA_TRANSPORT = Symbol('TELTONIKA_TRANSPORT');

/**
 * The Nest transport for Teltonika devices over TCP and UDP: accepts connections, hands what they bring to the message handlers,
 * and gives the answers back. It knows the wire and the patterns, nothing of what handlers do.
 */
@Injectable()
export class TeltonikaServer extends Server implements CustomTransportStrategy {
  override readonly transportId = TELTONIKA_TRANSPORT;
  private readonly listener: NetServer;
  private readonly connections = new Set<DeviceConnection>();
  private readonly environment: ConnectionEnvironment;
  private readonly tls: TlsListener | null;
  /** Both ports share it: a handshake that is not done counts, else it would be the way around the bounds. */
  private readonly connectionLimiter: ConnectionLimiter;
  private readonly udp: UdpListener | null;
  private closing = false;

  constructor(
    @Inject(TRANSPORT_OPTIONS) private readonly options: TransportOptions,
    readonly counters: TransportCounters,
    registry: ConnectionRegistry,
    trace: DeviceTrace,
  ) {
    super();
    const ask: AskHandler = (pattern, payload, context) => this.ask(pattern, payload, context);
    this.environment = {
      options,
      counters,
      registry,
      ask,
      announce: (pattern, payload, context) => this.announce(pattern, payload, context),
      budget: new ByteBudget(options.maxBytesInFlight),
      logins: new LoginThrottle(options.maxLoginsPerSecond, options.networkOf),
      frames: new FrameDispatcher(ask, (pattern) => this.messageHandlers.has(pattern), counters, this.logger),
      trace,
      logger: this.logger,
    };
    // Half-open is allowed so that a peer which sends its last frame and a FIN at once still gets its acknowledgement.
    this.listener = createServer(
      { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: options.keepAliveMs, noDelay: true },
      (socket) => this.enter(socket),
    );
    this.connectionLimiter = new ConnectionLimiter(options, counters);
    this.tls =
      options.tls &&
      new TlsListener(options, options.tls, counters, this.logger, this.connectionLimiter, (socket, accepted) =>
        this.accept(socket, accepted),
      );
    this.udp = options.udpPort === null ? null : new UdpListener(this.environment, options.udpPort);
  }

  /** The port it listens on, known after `listen`. */
  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** The port with TLS, known after `listen`; null: there is none. */
  get tlsPort(): number | null {
    return this.tls && this.tls.port;
  }

  /** Of the certificate in use; null without a port with TLS. */
  get tlsExpiresAt(): Date | null {
    return this.tls && this.tls.expiresAt;
  }

  /** The port for UDP, known after `listen`; null: there is none. */
  get udpPort(): number | null {
    return this.udp && this.udp.port;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /** Bytes of frames being handled right now. */
  get bytesInFlight(): number {
    return this.environment.budget.usedBytes;
  }

  override listen(callback: (error?: unknown) => void): void {
    const onError = (error: Error) => callback(error);
    this.listener.once('error', onError);
    // The backlog is for the moment after a restart, when every device of a fleet comes back at once.
    this.listener.listen({ host: this.options.host, port: this.options.port, backlog: 4096 }, () => {
      this.listener.off('error', onError);
      this.listener.on('error', (error) => void this.logger.error(error));
      const listenUdp = (): void => (this.udp ? this.udp.listen(callback) : callback());
      if (this.tls) {
        this.tls.listen((error) => (error ? callback(error) : listenUdp()));
      } else {
        listenUdp();
      }
    });
  }

  /**
   * Stops accepting, lets every connection finish (and acknowledge) what it has read, then closes it. Not all at once: they come back to the
   * other instances as fast as they are closed here.
   */
  override async close(): Promise<void> {
    this.closing = true;
    this.listener.close();
    this.tls?.close();
    const connections = [...this.connections];
    const { drainTimeoutMs } = this.options;
    const atATime = Math.max(CLOSED_AT_A_TIME, Math.ceil((connections.length * CLOSING_PAUSE_MS) / (drainTimeoutMs / 2)));
    const deadline = performance.now() + drainTimeoutMs;
    const draining: Promise<void>[] = this.udp ? [this.udp.close(drainTimeoutMs)] : [];
    for (let start = 0; start < connections.length; start += atATime) {
      if (start > 0) {
        await delay(CLOSING_PAUSE_MS);
      }
      draining.push(
        ...connections.slice(start, start + atATime).map((connection) => connection.drain(deadline - performance.now())),
      );
    }
    await Promise.all(draining);
  }

  /** Ends the connections of all devices that are logged in. */
  endAll(reason: 'fenced'): void {
    for (const connection of this.connections) {
      if (connection.imei !== null) {
        connection.end(reason);
      }
    }
  }

  override on(): never {
    throw new Error('The Teltonika transport emits no events; ask ConnectionRegistry and TransportCounters.');
  }

  override unwrap<T>(): T {
    return this.listener as T;
  }

  private enter(socket: Socket): void {
    const slot = this.connectionLimiter.admit(socket);
    if (slot) {
      const expectsProxyHeader = this.options.comesFromBalancer(peerOf(socket).address);
      this.accept(socket, { slot, source: null, expectsProxyHeader, elapsedMs: 0 });
    }
  }

  private accept(socket: Socket, accepted: AcceptedSocket): void {
    if (this.closing) {
      socket.destroy();
      return;
    }
    const connection = new DeviceConnection(socket, this.environment, () => this.connections.delete(connection), accepted);
    this.connections.add(connection);
  }

  private announce(pattern: string, data: unknown, context: TeltonikaContext): void {
    if (this.messageHandlers.has(pattern)) {
      this.handleEvent(pattern, { pattern, data }, context).catch((error: unknown) => void this.logger.error(error));
    }
  }

  private async ask<T>(pattern: string, payload: unknown, context: TeltonikaContext): Promise<T> {
    const handler = this.messageHandlers.get(pattern);
    if (!handler) {
      throw new Error(`No message handler for "${pattern}"`);
    }
    // A handler's exception arrives as an erroring stream, not as a rejected promise: who does not subscribe to it
    // would acknowledge data that was not stored.
    const answer: unknown = await handler(payload, context);
    return (isObservable(answer) ? lastValueFrom(answer) : answer) as T;
  }
}
