import { type Entry } from '../limits/entrance.js';
import { type ProxySource } from '../proxy-protocol/proxy-source.js';

/** A socket that was let in, as the connection on it begins. */
export interface Arrival {
  readonly entry: Entry;
  /** Who is behind the balancer, where that is known already; null where the peer speaks for itself. */
  readonly source: ProxySource | null;
  /** Whether a header of the PROXY protocol is still to come. */
  readonly headerFirst: boolean;
  /** What accept and handshake took of the time for a login. */
  readonly spentMs: number;
}
