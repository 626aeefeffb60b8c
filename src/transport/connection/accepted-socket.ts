import { type ConnectionSlot } from '../limits/connection-limiter.js';
import { type ProxySource } from '../proxy-protocol/proxy-source.js';

/** A socket that was let in, as the connection on it begins. */
export interface AcceptedSocket {
  readonly slot: ConnectionSlot;
  /** Who is behind the balancer, where that is known already; null where the peer speaks for itself. */
  readonly source: ProxySource | null;
  /** Whether a header of the PROXY protocol is still to come. */
  readonly expectsProxyHeader: boolean;
  /** What accept and handshake took of the time for a login. */
  readonly elapsedMs: number;
}
