import { type ProtocolError } from '../../protocol/protocol-error.js';
import { type ConnectionEnvironment } from './connection-environment.js';

/** Who sent it, as far as is known. */
export interface Peer {
  readonly imei?: string;
  /** None of a peer that has not come so far as to be a connection. */
  readonly connectionId?: string;
  readonly remoteAddress: string;
  /** Where addresses are free to invent, complaints are limited for all senders together. */
  readonly listener?: 'UDP';
}

/** Counts bytes that can't be accepted, and logs whose they are. */
export function logProtocolError(
  { counters, logger }: Pick<ConnectionEnvironment, 'counters' | 'logger'>,
  error: ProtocolError,
  peer: Peer,
): void {
  counters.countRejected(error.code);
  logger.warn(`${peer.imei ?? peer.listener ?? 'before login'} at ${peer.remoteAddress}: ${error.code}: ${error.message}`, {
    ...peer,
  });
}
