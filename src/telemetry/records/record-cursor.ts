import { PageCursor } from '../../platform/database/page-cursor.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { type TelemetryRecord } from './telemetry-record.js';

/** By the device's time. */
export type RecordOrder = 'newest' | 'oldest';

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

export const RECORD_CURSOR = new PageCursor({
  order: /newest|oldest/,
  iotTimestamp: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/,
  recordHash: /-?\d{1,19}/,
});

/** The cursor behind a record. */
export function recordCursorOf({ timeMs, recordHash }: Pick<TelemetryRecord, 'timeMs' | 'recordHash'>, order: RecordOrder) {
  return { order, iotTimestamp: new Date(timeMs).toISOString(), recordHash };
}

/** Throws InvalidInputError for anything that RECORD_CURSOR did not encode, or encoded for the other order. */
export function decodeRecordCursor(cursor: string, order: RecordOrder): RecordCursor {
  const { order: madeFor, iotTimestamp, recordHash } = RECORD_CURSOR.decode(cursor);
  if (!isStorable(iotTimestamp) || BigInt(recordHash) !== BigInt.asIntN(64, BigInt(recordHash))) {
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
