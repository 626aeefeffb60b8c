import { type ProtocolErrorCode } from '../protocol/protocol-error.js';
import { UdpCounters } from './udp/udp-counters.js';

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

/** What the listener has seen since its start. Plain numbers: they are raised on the hot path. */
export class TransportCounters {
  connectionsAccepted = 0;
  /** Turned away at accept: as many connections as allowed are open. */
  connectionsRefused = 0;
  /** Turned away at accept: their address has as many as it may. */
  connectionsRefusedByAddress = 0;
  /** Turned away at accept: too many came from their address in a second. */
  connectionsRefusedByRate = 0;
  /** Closed without a login, to make room for newer ones. */
  connectionsEvicted = 0;
  tlsHandshakes = 0;
  tlsHandshakesFailed = 0;
  tlsReloads = 0;
  /** Changed files that were of no use: the certificate from before is kept. */
  tlsReloadsFailed = 0;
  loginsAccepted = 0;
  loginsRefused = 0;
  /** Had to wait because too many came in a second. */
  loginsSlowedDown = 0;
  bytesReceived = 0;
  frames = 0;
  records = 0;
  messages = 0;
  /** Messages no handler takes. */
  messagesUnhandled = 0;
  acknowledgements = 0;
  /** Had to wait because their device sent too many in a second. */
  framesSlowedDown = 0;
  pings = 0;
  /** Times a connection had to wait because too many bytes were in flight. */
  backpressureWaits = 0;
  /** By the codec's byte. */
  readonly framesByCodec: Partial<Record<number, number>> = {};
  readonly recordsByCodec: Partial<Record<number, number>> = {};
  readonly rejected: Partial<Record<ProtocolErrorCode, number>> = {};
  readonly disconnects: Partial<Record<DisconnectReason, number>> = {};
  readonly udp = new UdpCounters();

  #observeAcknowledgement: (seconds: number) => void = () => undefined;

  countFrame(codec: number): void {
    this.frames++;
    this.framesByCodec[codec] = (this.framesByCodec[codec] ?? 0) + 1;
  }

  countRecords(codec: number, count: number): void {
    this.records += count;
    this.recordsByCodec[codec] = (this.recordsByCodec[codec] ?? 0) + count;
  }

  /** @param seconds from the frame being whole to its acknowledgement being written. */
  countAcknowledgement(seconds: number): void {
    this.acknowledgements++;
    this.#observeAcknowledgement(seconds);
  }

  whenAcknowledged(observe: (seconds: number) => void): void {
    this.#observeAcknowledgement = observe;
  }

  countRejected(code: ProtocolErrorCode): void {
    this.rejected[code] = (this.rejected[code] ?? 0) + 1;
  }

  countDisconnect(reason: DisconnectReason): void {
    this.disconnects[reason] = (this.disconnects[reason] ?? 0) + 1;
  }
}
