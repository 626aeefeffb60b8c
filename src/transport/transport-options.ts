import { type TlsOptions } from './tls/tls-credentials.js';

/** Limits and ports of the device listener. Durations in milliseconds, sizes in bytes. */
export interface TransportOptions {
  readonly host: string;
  /** 0 lets the system choose; `TeltonikaServer.port` tells which. */
  readonly port: number;
  readonly maxConnections: number;
  /** 0: no bound. Behind a balancer the address its header names. */
  readonly maxConnectionsPerAddress: number;
  /** Of one address in a second; more are closed at once. 0: no bound. Not for balancers. */
  readonly maxNewConnectionsPerSecond: number;
  readonly maxFrameBytes: number;
  readonly loginTimeoutMs: number;
  /** What a connection may send before it is decided about its login. */
  readonly maxLoginBytes: number;
  /** Of all devices together; more have to wait. 0: no bound. */
  readonly maxLoginsPerSecond: number;
  /** Of one source address by UDP; more are dropped. 0: no bound. */
  readonly maxDatagramsPerSecond: number;
  /** Of one device; more have to wait, by UDP they are dropped. 0: no bound. */
  readonly maxFramesPerSecond: number;
  /** A device that has sent a part of a frame and then nothing for longer is disconnected. */
  readonly frameTimeoutMs: number;
  /** A device for which more waits to be written is disconnected. */
  readonly maxUnsentBytes: number;
  /** A device that neither sent nor took a byte for longer is disconnected. */
  readonly idleTimeoutMs: number;
  /** TCP keep-alive probes begin after this silence: they find half-open connections. */
  readonly keepAliveMs: number;
  /** Frames being handled at one time, all connections together. Over the mark connections are not read. */
  readonly maxBytesInFlight: number;
  /** The part of an address by which connections, logins and datagrams are counted: an IPv4 address, or the network of an IPv6 address. */
  readonly networkOf: (address: string) => string;
  /** Whether a peer is a balancer, which puts a header of the PROXY protocol ahead of the device's bytes. */
  readonly comesFromBalancer: (address: string) => boolean;
  /** The port with TLS; null: there is none. */
  readonly tls: TlsOptions | null;
  /** The port for UDP; null: there is none. */
  readonly udpPort: number | null;
  /** How long `close` waits for connections to finish what they have read. */
  readonly drainTimeoutMs: number;
}

export const TRANSPORT_OPTIONS = Symbol('TRANSPORT_OPTIONS');
