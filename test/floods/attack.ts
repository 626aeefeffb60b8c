/** What is done to the gateway while good devices are measured. */
export const ATTACKS = ['slow-login', 'slow-frame', 'half-open', 'no-login', 'refused-login', 'strangers'] as const;
export type Attack = (typeof ATTACKS)[number];

export interface AttackOrder {
  readonly attack: Attack;
  readonly port: number;
  /** Connections that are held, or are under way at one time. */
  readonly connections: number;
  /** Logins to be tried; null: until it is stopped. */
  readonly logins: number | null;
}

/** What the attacker saw. */
export interface AttackCounts {
  opened: number;
  /** Could not be opened, or were reset. */
  failed: number;
  accepted: number;
  refused: number;
  /** Closed by the gateway, with or without an answer. */
  closed: number;
  held: number;
}

export function noCounts(): AttackCounts {
  return { opened: 0, failed: 0, accepted: 0, refused: 0, closed: 0, held: 0 };
}
