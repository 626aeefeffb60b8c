/** Every class of bytes that is tried. */
export const CASE_KINDS = [
  'bit-flips',
  'length',
  'counts',
  'overwritten',
  'resized',
  'other-codec',
  'message',
  'zero-length',
  'huge-length',
  'random-bytes',
  'truncated',
  'cuts',
  'pipelined',
  'login',
  'proxy-header',
  'proxy-without-balancer',
  'tls-handshake',
  'datagram',
] as const;

export type CaseKind = (typeof CASE_KINDS)[number];

/** Where a case is played: at the port, at the one with TLS (the bytes within it, or in place of it), or at the UDP port. */
export type CaseTarget = 'tcp' | 'tls' | 'tls-raw' | 'udp';

/** How a case ends: by a FIN, by a RST, or by waiting for the gateway before the FIN. */
export type CaseEnding = 'fin' | 'reset' | 'patient';

/** One connection, or a few datagrams, from the first byte to the end. */
export interface FuzzCase {
  readonly number: number;
  readonly kind: CaseKind;
  readonly target: CaseTarget;
  /** It comes from the address of the balancer, which has to send a header first. */
  readonly fromBalancer: boolean;
  /** Written one after the other, a turn of the event loop apart; of UDP each is a datagram. */
  readonly chunks: readonly Buffer[];
  /** The first chunk is the login, and its answer is waited for: few bytes may come ahead of that. */
  readonly awaitsLogin: boolean;
  readonly ending: CaseEnding;
  /** The counts that acknowledge it, behind the answer to the login; null: it is not without fault, any answers of the protocol will do. */
  readonly acknowledgements: readonly number[] | null;
}
