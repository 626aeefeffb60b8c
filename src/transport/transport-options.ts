import { type TlsOptions } from './tls/tls-credentials.js';

/** Ports and limits of the device ports. Durations are in milliseconds, sizes in bytes. */
export interface TransportOptions {
  readonly host: string;
  /** 0 lets the system choose; `TeltonikaServer.port` has the port. */
  readonly port: number;
  readonly maxConnections: number;
  /** 0: no limit. Behind a balancer the address of its header counts. */
  readonly maxConnectionsPerAddress: number;
  /** Per address. Connections above it are closed immediately. 0: no limit. Does not apply to balancers. */
  readonly maxNewConnectionsPerSecond: number;
  readonly maxFrameBytes: number;
  readonly loginTimeoutMs: number;
  /** How many bytes a connection may send before its login is decided. */
  readonly maxLoginBytes: number;
  /** Of all devices together. Logins above it are delayed. 0: no limit. */
  readonly maxLoginsPerSecond: number;
  /** Per source address. Datagrams above it are dropped. 0: no limit. */
  readonly maxDatagramsPerSecond: number;
  /** Per device. Frames above it are delayed, by UDP dropped. 0: no limit. */
  readonly maxFramesPerSecond: number;
  /** A device that has sent a part of a frame, and then nothing for this long, is disconnected. */
  readonly frameTimeoutMs: number;
  /** A device with more unsent bytes is disconnected. */
  readonly maxUnsentBytes: number;
  /** A device that has neither sent nor received a byte for this long is disconnected. */
  readonly idleTimeoutMs: number;
  /** TCP keep-alive probes, which detect half-open connections, start after this much silence. */
  readonly keepAliveMs: number;
  /** Total size of the frames that are handled at one time. Above it connections are not read. */
  readonly maxBytesInFlight: number;
  /** The part of an address by which connections, logins and datagrams are counted: an IPv4 address, or the network of an IPv6 address. */
  readonly networkOf: (address: string) => string;
  /** Whether a peer is a balancer, which sends a header of the PROXY protocol before the device's bytes. */
  readonly comesFromBalancer: (address: string) => boolean;
  /** Null: no TLS port. */
  readonly tls: TlsOptions | null;
  /** Null: no UDP port. */
  readonly udpPort: number | null;
  /** How long `close` waits for connections to acknowledge what they have read. */
  readonly drainTimeoutMs: number;
}

export const TRANSPORT_OPTIONS = Symbol('TRANSPORT_OPTIONS');
