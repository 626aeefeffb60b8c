import { NotALoginError } from '../protocol/login.js';
import { type ProtocolError } from '../protocol/protocol-error.js';

/** What became of a connection, a login or a frame that the gateway has not accepted. */
export type FailedAttemptOutcome =
  /** A TLS handshake on the port without TLS. */
  | 'tls-on-plain-port'
  /** An HTTP request: a browser, a health check, a scanner. */
  | 'http-request'
  /** Other bytes than a login. */
  | 'not-a-login'
  /** The bytes have the form of a login; its identification is not an IMEI of 15 digits. */
  | 'bad-imei'
  /** Bytes without TLS on the TLS port. */
  | 'plain-on-tls-port'
  /** A TLS handshake that was begun and not completed. */
  | 'tls-failed'
  /** No login within BROKER_LOGIN_TIMEOUT_SECONDS. */
  | 'no-login'
  | 'too-many-connections'
  | 'bad-proxy-header'
  | 'bad-crc'
  /** Another frame that is not valid; `code` says why. */
  | 'bad-frame'
  /** The login was refused: not registered, banned, from another address than it is pinned to, or above MAX_UNREGISTERED_DEVICES. */
  | 'unknown'
  | 'banned'
  | 'address'
  | 'limit';

export interface FailedAttempt {
  readonly outcome: FailedAttemptOutcome;
  /** Of the ProtocolError, if there was one. */
  readonly code: string | null;
  readonly address: string;
  /** Null: not known. */
  readonly imei: string | null;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

export interface FailedAttemptPeer {
  readonly remoteAddress: string;
  readonly imei?: string;
}

const OUTCOME_OF_PEER = { tls: 'tls-on-plain-port', http: 'http-request', device: 'bad-imei', unknown: 'not-a-login' } as const;

/** Of different peers or with different outcomes. They are part of every heartbeat. */
const MAX_KEPT = 20;

/**
 * The newest attempts of devices that failed, for people who set up a device. Repetitions count as one attempt: a device that tries again every second must
 * not hide the others. A flood costs a look at 20 entries for each attempt.
 */
export class FailedAttempts {
  /** All since the start of the gateway. */
  readonly counts: Partial<Record<FailedAttemptOutcome, number>> = {};
  /** The oldest first. */
  private readonly kept: FailedAttempt[] = [];

  note(
    outcome: FailedAttemptOutcome,
    { remoteAddress: address, imei: device }: FailedAttemptPeer,
    code: string | null = null,
  ): void {
    const now = new Date();
    const imei = device ?? null;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
    const index = this.kept.findIndex(
      (one) => one.outcome === outcome && one.address === address && one.imei === imei && one.code === code,
    );
    const [before] = index === -1 ? [] : this.kept.splice(index, 1);
    this.kept.push({
      outcome,
      code,
      address,
      imei,
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? now,
      lastAt: now,
    });
    if (this.kept.length > MAX_KEPT) {
      this.kept.shift();
    }
  }

  noteError(error: ProtocolError, peer: FailedAttemptPeer): void {
    this.note(outcomeOf(error), peer, error.code);
  }

  /** The newest first. */
  toJSON(): FailedAttempt[] {
    return this.kept.toReversed();
  }
}

function outcomeOf(error: ProtocolError): FailedAttemptOutcome {
  if (error instanceof NotALoginError) {
    return OUTCOME_OF_PEER[error.peer];
  }
  switch (error.code) {
    case 'BAD_CRC':
      return 'bad-crc';
    case 'BAD_PROXY_HEADER':
      return 'bad-proxy-header';
    case 'LOGIN_TOO_LARGE':
      return 'not-a-login';
    default:
      return 'bad-frame';
  }
}
