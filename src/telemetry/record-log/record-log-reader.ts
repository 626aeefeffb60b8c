import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BEGINNING, type EventPosition, isSamePosition } from '../../events/event-cursor.js';
import { CursorExpiredError } from '../../events/events.errors.js';
import { DAY_MS } from '../../platform/time-units.js';
import { timestamp } from '../../platform/database/day-windows.js';
import { RecordArrivalRetentionMark } from './record-arrival.entity.js';

/** A batch is read as a whole: it has up to TELEMETRY_BATCH_RECORDS. */
const RECORDS_PER_PAGE = 2_000;
const ARRIVALS_PER_PAGE = 200;
/** Counting stops here. */
const MAX_COUNTED = 10_000;

/** A stored record as its JSON text. */
export interface LoggedRecord {
  /** The same whenever the record is read: device, device time and hash, its key in the table. */
  readonly recordId: string;
  readonly imei: string;
  readonly json: string;
}

export interface RecordPage {
  readonly records: readonly LoggedRecord[];
  readonly end: EventPosition;
  readonly hasMore: boolean;
}

interface ArrivalRow extends EventPosition {
  readonly imeis: string;
  readonly keyCounts: string;
  readonly keyTimesMs: string;
  readonly keyHashes: string;
}

interface RecordKey {
  readonly imei: string;
  readonly timeMs: number;
  readonly hash: string;
}

/**
 * Reads all stored records in the order in which they were stored, from any place. SQL: arrays, a running sum, and partitions that are named by
 * constants, which the query builder cannot express.
 */
@Injectable()
export class RecordLogReader {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Records of transactions older than any that is still running. Those that were deleted since are left out. Throws CursorExpiredError. */
  async readAfter(after: EventPosition): Promise<RecordPage> {
    const arrivals = await this.readArrivals(after);
    await this.requireKept(after);
    const keys = arrivals.flatMap(keysOf);
    const { transactionId, position } = arrivals.at(-1) ?? after;
    return { records: await this.readRecords(keys), end: { transactionId, position }, hasMore: arrivals.length > 0 };
  }

  /** The place before the oldest record that is logged, or the end. */
  async start(from: 'now' | 'oldest'): Promise<EventPosition> {
    if (from === 'oldest') {
      const mark = await this.dataSource.getRepository(RecordArrivalRetentionMark).findOneBy({ isOnly: true });
      return mark ? { transactionId: mark.transactionId, position: mark.position } : BEGINNING;
    }
    const [{ transactionId }] = await this.dataSource.query<[{ transactionId: string }]>(
      `select pg_snapshot_xmin(pg_current_snapshot())::text as "transactionId"`,
    );
    return { transactionId, position: '0' };
  }

  /** Throws CursorExpiredError when a record behind the place was deleted from the log, and when it is ahead of the log. */
  async requireKept(after: EventPosition): Promise<void> {
    if (isSamePosition(after, BEGINNING)) {
      return;
    }
    const [{ isKept }] = await this.dataSource.query<[{ isKept: boolean }]>(
      `select ($1::xid8, $2::bigint) <= (pg_snapshot_xmax(pg_current_snapshot()), 0)
              and not exists (select from tbl_iot_record_arrival_retention where (transaction_id, position) > ($1::xid8, $2::bigint)) as "isKept"`,
      [after.transactionId, after.position],
    );
    if (!isKept) {
      throw new CursorExpiredError();
    }
  }

  /** The place before the first records that were stored at this time or later; the end when there are none. It reads the log from its beginning. */
  async placeBefore(time: Date): Promise<EventPosition> {
    const [found] = await this.dataSource.query<EventPosition[]>(
      `select transaction_id::text as "transactionId", (position - 1)::text as position from tbl_iot_record_arrivals
        where arrived_at >= $1 order by transaction_id, tbl_iot_record_arrivals.position limit 1`,
      [time],
    );
    return found ?? this.start('now');
  }

  async lag(after: EventPosition): Promise<{ events: number; seconds: number }> {
    const [lag] = await this.dataSource.query<{ events: number; seconds: number }[]>(
      `select coalesce(sum(keys), 0)::int as events, coalesce(extract(epoch from now() - min(arrived_at))::float8, 0) as seconds
         from (select arrived_at, cardinality(key_hashes) as keys from tbl_iot_record_arrivals
                where (transaction_id, position) > ($1::xid8, $2::bigint)
                order by transaction_id, position limit ${MAX_COUNTED}) behind`,
      [after.transactionId, after.position],
    );
    return lag ?? { events: 0, seconds: 0 };
  }

  private readArrivals(after: EventPosition): Promise<ArrivalRow[]> {
    return this.dataSource.query<ArrivalRow[]>(
      `select transaction_id::text as "transactionId", position::text as position, array_to_string(imeis, ',') as imeis,
              array_to_string(key_counts, ',') as "keyCounts", array_to_string(key_times_ms, ',') as "keyTimesMs",
              array_to_string(key_hashes, ',') as "keyHashes"
         from (select next.*, sum(cardinality(key_hashes)) over before as records_before
                 from (select * from tbl_iot_record_arrivals
                        where (transaction_id, position) > ($1::xid8, $2::bigint) and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                        order by transaction_id, position limit ${ARRIVALS_PER_PAGE}) next
               window before as (order by next.transaction_id, next.position rows between unbounded preceding and 1 preceding)) page
        where coalesce(records_before, 0) < ${RECORDS_PER_PAGE}
        order by page.transaction_id, page.position`,
      [after.transactionId, after.position],
    );
  }

  /** One statement for each day, which it names as constants: PostgreSQL locks every partition that it cannot exclude when it plans. */
  private async readRecords(keys: readonly RecordKey[]): Promise<LoggedRecord[]> {
    const days = new Map<number, number[]>();
    keys.forEach(({ timeMs }, place) => {
      const day = Math.floor(timeMs / DAY_MS);
      const places = days.get(day);
      if (places) {
        places.push(place);
      } else {
        days.set(day, [place]);
      }
    });
    const found: (LoggedRecord | undefined)[] = keys.map(() => undefined);
    const attributes = days.size > 0 ? await this.attributesExpression() : '';
    for (const [day, places] of days) {
      for (const { place, json } of await this.readDay(day, { places, keys, attributes })) {
        const { imei, timeMs, hash } = keys[place]!;
        found[place] = { recordId: `rec_${imei}_${timeMs}_${hash}`, imei, json };
      }
    }
    return found.filter((record) => record !== undefined);
  }

  /** Asked for with each page: a migration of a newer instance may have added a column. */
  private async attributesExpression(): Promise<string> {
    const [{ expression }] = await this.dataSource.query<[{ expression: string }]>(
      `select iot_attributes_expression('entry') as expression`,
    );
    return expression;
  }

  /** Each record is looked up by its key: the partition of a new day has no statistics, and a join of it would be planned as a reading of all of it. */
  private readDay(
    day: number,
    { places, keys, attributes }: { places: readonly number[]; keys: readonly RecordKey[]; attributes: string },
  ): Promise<{ place: number; json: string }[]> {
    const time = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    return this.dataSource.query(
      `select key.place, found.json
         from unnest($1::integer[], $2::text[], $3::timestamptz[], $4::bigint[]) as key (place, imei, time, hash)
        cross join lateral (
          select json_build_object(
                   'imei', entry.iot_imei, 'timestamp', ${time('entry.iot_timestamp')}, 'receivedAt', ${time('entry.timestamp')},
                   'priority', entry.priority, 'eventIoId', entry.event_io_id,
                   'gps', iot_record_gps(entry), 'attributes', ${attributes}, 'io', entry.io)::text as json
            from tbl_iot_telemetry_data entry
           where entry.iot_imei = key.imei and entry.iot_timestamp = key.time and entry.record_hash = key.hash
             and entry.iot_timestamp >= ${timestamp(day * DAY_MS)} and entry.iot_timestamp < ${timestamp((day + 1) * DAY_MS)}
           limit 1) found`,
      [
        places,
        places.map((place) => keys[place]!.imei),
        places.map((place) => new Date(keys[place]!.timeMs).toISOString()),
        places.map((place) => keys[place]!.hash),
      ],
    );
  }
}

function keysOf({ imeis, keyCounts, keyTimesMs, keyHashes }: ArrivalRow): RecordKey[] {
  const [counts, times, hashes] = [keyCounts, keyTimesMs, keyHashes].map((text) => text.split(','));
  let next = 0;
  return imeis.split(',').flatMap((imei, index) =>
    Array.from({ length: Number(counts?.[index]) }, () => {
      const key = { imei, timeMs: Number(times?.[next]), hash: hashes?.[next] ?? '' };
      next++;
      return key;
    }),
  );
}
