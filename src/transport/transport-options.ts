import { type TlsOptions } from './tls-options.js';

/** Limits and ports of the device listener. Durations in milliseconds, sizes in bytes. */
export interface TransportOptions {
  readonly host: string;
  /** 0 lets the system choose; `TeltonikaServer.port` tells which. */
  readonly port: number;
  readonly maxConnections: number;
  /** 0: no bound. Not for balancers. */
  readonly maxConnectionsPerAddress: number;
  readonly maxFrameBytes: number;
  readonly loginTimeoutMs: number;
  /** A device that neither sent nor took a byte for longer is disconnected. */
  readonly idleTimeoutMs: number;
  /** TCP keep-alive probes begin after this silence: they find half-open connections. */
  readonly keepAliveMs: number;
  /** Frames being handled at one time, all connections together. Over the mark connections are not read. */
  readonly maxBytesInFlight: number;
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
