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
import { FrameDispatcher } from './connection/frame-dispatcher.js';
import { type HandlerCall } from './patterns.js';
import { LoginThrottle } from './limits/login-throttle.js';
import { type TeltonikaContext } from './teltonika.context.js';
import { peerOf } from './peer-address.js';
import { TlsListener } from './tls/tls-listener.js';
import { TransportCounters } from './transport-counters.js';
import { UdpListener } from './udp/udp-listener.js';
import { TRANSPORT_OPTIONS, type TransportOptions } from './transport-options.js';

/** A stop closes 500 connections per second, or more where that would take longer than half of the drain timeout. */
const CLOSE_BATCH = 50;
const CLOSE_INTERVAL_MS = 100;

const TELTONIKA_TRANSPORT = Symbol('TELTONIKA_TRANSPORT');

/**
 * The Nest transport for Teltonika devices over TCP and UDP: accepts connections, passes their frames to the message handlers, and sends the
 * answers. It knows the protocol and the message patterns, but not what the handlers do.
 */
@Injectable()
export class TeltonikaServer extends Server implements CustomTransportStrategy {
  override readonly transportId = TELTONIKA_TRANSPORT;
  private readonly listener: NetServer;
  private readonly connections = new Set<DeviceConnection>();
  private readonly environment: ConnectionEnvironment;
  private readonly tls: TlsListener | null;
  /** Shared by the TCP port and the TLS port. Connections in a TLS handshake count too, else they would bypass the limits. */
  private readonly connectionLimiter: ConnectionLimiter;
  private readonly udp: UdpListener | null;
  private isClosing = false;

  constructor(
    @Inject(TRANSPORT_OPTIONS) private readonly options: TransportOptions,
    readonly counters: TransportCounters,
    registry: ConnectionRegistry,
    trace: DeviceTrace,
  ) {
    super();
    const callHandler: HandlerCall = (pattern, payload, context) => this.callHandler(pattern, payload, context);
    this.environment = {
      options,
      counters,
      registry,
      callHandler,
      emitEvent: (pattern, payload, context) => this.emitEvent(pattern, payload, context),
      budget: new ByteBudget(options.maxBytesInFlight),
      logins: new LoginThrottle(options.maxLoginsPerSecond, options.networkOf),
      frames: new FrameDispatcher(callHandler, (pattern) => this.messageHandlers.has(pattern), counters, this.logger),
      trace,
      logger: this.logger,
    };
    // Half-open is allowed, so that a device that sends its last frame and a FIN at once still gets its acknowledgement.
    this.listener = createServer(
      { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: options.keepAliveMs, noDelay: true },
      (socket) => this.admit(socket),
    );
    this.connectionLimiter = new ConnectionLimiter(options, counters);
    this.tls =
      options.tls &&
      new TlsListener(options, options.tls, counters, this.logger, this.connectionLimiter, (socket, accepted) =>
        this.accept(socket, accepted),
      );
    this.udp = options.udpPort === null ? null : new UdpListener(this.environment, options.udpPort);
  }

  /** The TCP port, available after `listen`. */
  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** The TLS port, available after `listen`. Null when none is configured. */
  get tlsPort(): number | null {
    return this.tls && this.tls.port;
  }

  /** When the certificate in use expires. Null without a TLS port. */
  get tlsExpiresAt(): Date | null {
    return this.tls && this.tls.expiresAt;
  }

  /** The UDP port, available after `listen`. Null when none is configured. */
  get udpPort(): number | null {
    return this.udp && this.udp.port;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /** Total size of the frames that are handled now. */
  get bytesInFlight(): number {
    return this.environment.budget.usedBytes;
  }

  override listen(callback: (error?: unknown) => void): void {
    const onError = (error: Error) => callback(error);
    this.listener.once('error', onError);
    // A large backlog, for the moment after a restart when all devices of a fleet reconnect.
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
   * Stops accepting connections. Every open connection acknowledges what it has read and is then closed, in batches: the devices reconnect to
   * the other instances as fast as they are closed here.
   */
  override async close(): Promise<void> {
    this.isClosing = true;
    this.listener.close();
    this.tls?.close();
    const connections = [...this.connections];
    const { drainTimeoutMs } = this.options;
    const batch = Math.max(CLOSE_BATCH, Math.ceil((connections.length * CLOSE_INTERVAL_MS) / (drainTimeoutMs / 2)));
    const deadline = performance.now() + drainTimeoutMs;
    const draining: Promise<void>[] = this.udp ? [this.udp.close(drainTimeoutMs)] : [];
    for (let start = 0; start < connections.length; start += batch) {
      if (start > 0) {
        await delay(CLOSE_INTERVAL_MS);
      }
      draining.push(
        ...connections.slice(start, start + batch).map((connection) => connection.drain(deadline - performance.now())),
      );
    }
    await Promise.all(draining);
  }

  /** Closes the connections of all devices that are logged in. */
  endAll(reason: 'fenced'): void {
    for (const connection of this.connections) {
      if (connection.imei !== null) {
        connection.end(reason);
      }
    }
  }

  override on(): never {
    throw new Error('The Teltonika transport emits no events. Use ConnectionRegistry and TransportCounters.');
  }

  override unwrap<T>(): T {
    return this.listener as T;
  }

  private admit(socket: Socket): void {
    const slot = this.connectionLimiter.admit(socket);
    if (slot) {
      const expectsProxyHeader = this.options.comesFromBalancer(peerOf(socket).address);
      this.accept(socket, { slot, source: null, expectsProxyHeader, elapsedMs: 0 });
    }
  }

  private accept(socket: Socket, accepted: AcceptedSocket): void {
    if (this.isClosing) {
      socket.destroy();
      return;
    }
    const connection = new DeviceConnection(socket, this.environment, () => this.connections.delete(connection), accepted);
    this.connections.add(connection);
  }

  private emitEvent(pattern: string, data: unknown, context: TeltonikaContext): void {
    if (this.messageHandlers.has(pattern)) {
      this.handleEvent(pattern, { pattern, data }, context).catch((error: unknown) => void this.logger.error(error));
    }
  }

  private async callHandler<T>(pattern: string, payload: unknown, context: TeltonikaContext | null): Promise<T> {
    const handler = this.messageHandlers.get(pattern);
    if (!handler) {
      throw new Error(`No message handler for "${pattern}"`);
    }
    // Nest returns the exception of a handler as an erroring observable, not as a rejected promise. Without a subscription the gateway
    // would acknowledge data that was not stored.
    const answer: unknown = await handler(payload, context);
    return (isObservable(answer) ? lastValueFrom(answer) : answer) as T;
  }
}
