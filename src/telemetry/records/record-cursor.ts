import { InvalidInputError } from '../../platform/errors/errors.js';
import { type RecordOrder } from './telemetry-query.dto.js';

/**
 * A position in a device's records: the key of the last record of a page. Whatever is stored meanwhile, the records after it stay
 * the same ones, none twice and none left out.
 */
export interface RecordCursor {
  readonly order: RecordOrder;
  /** ISO 8601. */
  readonly iotTimestamp: string;
  /** A signed 64-bit number in decimal. */
  readonly recordHash: string;
}

const ENCODED = /^(newest|oldest)\|(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)\|(-?\d{1,19})$/;

export function encodeCursor({ order, iotTimestamp, recordHash }: RecordCursor): string {
  return Buffer.from(`${order}|${iotTimestamp}|${recordHash}`).toString('base64url');
}

/** Throws InvalidInputError for anything that encodeCursor did not make, or made for the other order. */
export function decodeCursor(cursor: string, order: RecordOrder): RecordCursor {
  const match = ENCODED.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, madeFor, iotTimestamp, recordHash] = match ?? [];
  if (!iotTimestamp || !recordHash || !isStorable(iotTimestamp) || BigInt(recordHash) !== BigInt.asIntN(64, BigInt(recordHash))) {
    throw new InvalidInputError('cursor must be a nextCursor of an earlier response');
  }
  if (madeFor !== order) {
    throw new InvalidInputError(`cursor was made for order=${madeFor}, got order=${order}`);
  }
  return { order, iotTimestamp, recordHash };
}

/** A time that exists, since devices count from 1970. PostgreSQL fails on 30 February, where Date.parse goes on to March. */
function isStorable(iotTimestamp: string): boolean {
  const ms = Date.parse(iotTimestamp);
  return ms >= 0 && new Date(ms).toISOString() === iotTimestamp;
}
