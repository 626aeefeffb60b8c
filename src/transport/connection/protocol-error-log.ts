import { type ProtocolError } from '../../protocol/protocol-error.js';
import { type ConnectionEnvironment } from './connection-environment.js';

/** The sender of invalid bytes, as far as it is known. */
export interface Peer {
  readonly imei?: string;
  /** Not set before a TLS handshake is complete: there is no DeviceConnection yet. */
  readonly connectionId?: string;
  readonly remoteAddress: string;
  /** Set where addresses can be forged: the logger then limits the lines about all senders together. */
  readonly listener?: 'UDP';
}

/** Counts and logs bytes that do not follow the protocol. */
export function logProtocolError(
  { counters, logger }: Pick<ConnectionEnvironment, 'counters' | 'logger'>,
  error: ProtocolError,
  peer: Peer,
): void {
  counters.countRejected(error.code);
  counters.failedAttempts.noteError(error, peer);
  logger.warn(`${peer.imei ?? peer.listener ?? 'before login'} at ${peer.remoteAddress}: ${error.code}: ${error.message}`, {
    ...peer,
  });
}
