/** A place in the order of all events: the transaction that wrote an event, and its place within. Both are 64-bit numbers in decimal. */
export interface EventPosition {
  readonly transactionId: string;
  readonly position: string;
}

/**
 * As many digits as fit into 64 bits whatever they are: PostgreSQL fails on more, and no database counts as far. Without leading zeros, with which
 * it reads an xid8 as octal.
 */
export const CURSOR_PATTERN = /^(0|[1-9]\d{0,18})_(0|[1-9]\d{0,17})$/;

/** Before the first event. */
export const BEGINNING: EventPosition = { transactionId: '0', position: '0' };

export function encodePosition({ transactionId, position }: EventPosition): string {
  return `${transactionId}_${position}`;
}

/** @param cursor of CURSOR_PATTERN */
export function decodePosition(cursor: string): EventPosition {
  const [transactionId = '0', position = '0'] = cursor.split('_');
  return { transactionId, position };
}
