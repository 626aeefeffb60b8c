import { type CursorValues, PageCursor } from '../platform/database/page-cursor.js';

/** A place in the order of all events: the transaction that wrote an event, and its place within. Both are 64-bit numbers in decimal. */
export type EventPosition = CursorValues<'transactionId' | 'position'>;

/**
 * As many digits as fit into 64 bits whatever they are: PostgreSQL fails on more, and no database counts as far. Without leading zeros, with which
 * it reads an xid8 as octal.
 */
export const EVENT_CURSOR = new PageCursor({ transactionId: /0|[1-9]\d{0,18}/, position: /0|[1-9]\d{0,17}/ });

/** Before the first event. */
export const BEGINNING: EventPosition = { transactionId: '0', position: '0' };

export function isSamePosition(one: EventPosition, other: EventPosition): boolean {
  return one.transactionId === other.transactionId && one.position === other.position;
}

/** Whether `one` stands behind `other` in the log. */
export function isBehind(one: EventPosition, other: EventPosition): boolean {
  return one.transactionId === other.transactionId
    ? isGreater(one.position, other.position)
    : isGreater(one.transactionId, other.transactionId);
}

/** Of two numbers without sign and leading zeros. */
function isGreater(one: string, other: string): boolean {
  return one.length === other.length ? one > other : one.length > other.length;
}
