import { FailedAttempts } from './failed-attempts.js';
import { type ProtocolErrorCode } from '../protocol/protocol-error.js';

export type DisconnectReason =
  | 'peer'
  | 'socket-error'
  | 'idle'
  | 'login-timeout'
  | 'login-refused'
  | 'too-many-connections'
  | 'frame-timeout'
  | 'not-reading'
  | 'replaced'
  | 'fenced'
  | 'not-admitted'
  | 'protocol-error'
  | 'handler-error'
  | 'shutdown';

/** Counters of the UDP port. Bytes, frames, records and rejections of both ports are in TransportCounters. */
class UdpCounters {
  datagrams = 0;
  /** Datagrams not read because the byte budget was used up, or because the gateway stops. The device sends them again. */
  dropped = 0;
  /** Datagrams not read because their source address is over its rate limit. */
  limited = 0;
  /** Packets of devices that are over their rate limit. */
  packetsLimited = 0;
  /** Packets answered with the number of their records. */
  answered = 0;
  /** Packets of devices that are not admitted. */
  refused = 0;
  /** Invalid packets; the error code is counted in `rejected` of TransportCounters. */
  rejected = 0;
  /** Valid packets without an answer: they had no records, were not stored, or the answer was not sent. */
  unanswered = 0;
}

/** Counters of the device ports since the start of the gateway. Plain numbers, because they are incremented on the hot path. */
export class TransportCounters {
  connectionsAccepted = 0;
  /** Rejected at accept: `maxConnections` are open. */
  connectionsRefused = 0;
  /** Rejected: their address has `maxConnectionsPerAddress` open. */
  connectionsRefusedByAddress = 0;
  /** Rejected at accept: their address is over `maxNewConnectionsPerSecond`. */
  connectionsRefusedByRate = 0;
  /** Closed before their login, to free their slot for a newer connection. */
  connectionsEvicted = 0;
  tlsHandshakes = 0;
  tlsHandshakesFailed = 0;
  tlsReloads = 0;
  /** Changed files that were not valid: the previous certificate stays in use. */
  tlsReloadsFailed = 0;
  loginsAccepted = 0;
  loginsRefused = 0;
  /** Logins delayed by the LoginThrottle. */
  loginsSlowedDown = 0;
  bytesReceived = 0;
  frames = 0;
  records = 0;
  messages = 0;
  /** Messages without a handler. */
  messagesUnhandled = 0;
  acknowledgements = 0;
  /** Frames delayed because their device is over its rate limit. */
  framesSlowedDown = 0;
  pings = 0;
  /** Frames that waited for the byte budget. */
  backpressureWaits = 0;
  /** By codec id. */
  readonly framesByCodec: Partial<Record<number, number>> = {};
  readonly recordsByCodec: Partial<Record<number, number>> = {};
  readonly rejected: Partial<Record<ProtocolErrorCode, number>> = {};
  readonly disconnects: Partial<Record<DisconnectReason, number>> = {};
  readonly udp = new UdpCounters();
  readonly failedAttempts = new FailedAttempts();

  #observeAcknowledgement: (seconds: number) => void = () => undefined;

  countFrame(codec: number): void {
    this.frames++;
    this.framesByCodec[codec] = (this.framesByCodec[codec] ?? 0) + 1;
  }

  countRecords(codec: number, count: number): void {
    this.records += count;
    this.recordsByCodec[codec] = (this.recordsByCodec[codec] ?? 0) + count;
  }

  /** @param seconds from the complete frame to the written acknowledgement. */
  countAcknowledgement(seconds: number): void {
    this.acknowledgements++;
    this.#observeAcknowledgement(seconds);
  }

  /** Sets the one observer of acknowledgement times. */
  whenAcknowledged(observe: (seconds: number) => void): void {
    this.#observeAcknowledgement = observe;
  }

  countRejected(code: ProtocolErrorCode): void {
    this.rejected[code] = (this.rejected[code] ?? 0) + 1;
  }

  countDisconnect(reason: DisconnectReason, remoteAddress: string): void {
    this.disconnects[reason] = (this.disconnects[reason] ?? 0) + 1;
    if (reason === 'login-timeout') {
      this.failedAttempts.note('no-login', { remoteAddress });
    }
  }
}
