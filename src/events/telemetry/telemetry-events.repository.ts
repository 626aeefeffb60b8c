import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { CLOSE_EVENTS } from '../recorded-event.js';
import { type EventCounts, type ListedRecord, type OpenEvent } from './telemetry-plan.js';

/** `isBusy`: another transaction holds the event, so that it is not known yet whether records can be merged into it. The other fields are null then. */
export type OpenEventRow = Omit<OpenEvent, 'newestHash' | 'isOpen'> & { readonly newestHash: string; readonly isBusy: boolean };

/**
 * Access to the telemetry events of `tbl_iot_events`. SQL where one statement writes the rows of many devices, which the query builder cannot
 * express: a device costs no round trip.
 */
@Injectable()
export class TelemetryEventsRepository {
  /**
   * Locks the sequences of the devices until the transaction ends, and creates those that are missing. Their holder may open telemetry events of these
   * devices and merge records into them.
   *
   * One statement locks and creates, in the order of the IMEIs, as appending does: known ones first and missing ones behind them would be another
   * order, and deadlocks with an append for several devices. An update `where false` locks the row and writes no version of it.
   */
  async lockSequences(manager: EntityManager, imeis: readonly string[]): Promise<void> {
    await manager.query(
      `insert into tbl_iot_event_sequences as known (imei, last_sequence)
       select imei, 0 from unnest($1::text[]) as device (imei) order by imei
       on conflict (imei) do update set last_sequence = known.last_sequence where false`,
      [imeis],
    );
  }

  /**
   * Locks the newest telemetry events of the devices, where these are open. They are found by the number that the sequence holds: by keys that are
   * not used again. An index of open events would have one dead entry for each event that was closed before, and an old snapshot keeps them all
   * alive (measured: 60 to 17,316 buffers for one look-up after 300 events).
   *
   * An event that another transaction is closing is not waited for: waiting deadlocked with the settling of deliveries, because PostgreSQL locks the
   * newest version of a row before it finds that it is not open.
   *
   * The sequences must be locked, by an earlier statement: this one has to see what was committed while the locks were waited for.
   */
  async lockOpen(manager: EntityManager, imeis: readonly string[]): Promise<OpenEventRow[]> {
    return manager.query<OpenEventRow[]>(
      `with known as (
         select event.transaction_id, event.position, event.imei
           from unnest($1::text[]) as device (imei)
           join tbl_iot_event_sequences known using (imei)
           join tbl_iot_events event on event.imei = known.imei and event.sequence = known.telemetry_sequence
          where event.is_open
       ),
       locked as (
         select event.* from known join tbl_iot_events event using (transaction_id, position) where event.is_open for update of event skip locked
       )
       select known.imei, locked.event_id is null as "isBusy", locked.transaction_id::text as "transactionId",
              locked.position::text as position, locked.event_id as "eventId", locked.record_count as count,
              locked.records_left_out as "leftOut", locked.newest_is_plausible as "isPlausible", locked.newest_hash::text as "newestHash",
              ${milliseconds('newest_time')} as "newestMs", ${milliseconds('first_received_at')} as "firstReceivedMs",
              ${milliseconds('last_received_at')} as "lastReceivedMs"
         from known left join locked using (transaction_id, position)`,
      [imeis],
    );
  }

  async extend(manager: EntityManager, events: readonly OpenEvent[]): Promise<void> {
    await manager.query(
      `update tbl_iot_events event
          set record_count = more.count, records_left_out = more.left_out, first_received_at = more.first_at, last_received_at = more.last_at,
              newest_is_plausible = more.is_plausible, newest_time = more.newest_time, newest_hash = more.newest_hash, is_open = more.is_open
         from unnest($1::xid8[], $2::bigint[], ${countArrays(3)})
           as more (transaction_id, position, count, left_out, first_at, last_at, is_plausible, newest_time, newest_hash, is_open)
        where event.transaction_id = more.transaction_id and event.position = more.position`,
      [events.map(({ transactionId }) => transactionId), events.map(({ position }) => position), ...countsOf(events)],
    );
  }

  /** The sequences of the devices must be locked. Events of one device are numbered in their order. */
  async open(manager: EntityManager, events: readonly EventCounts[], deliver: boolean): Promise<void> {
    await manager.query(
      `with opened as (
         select *, row_number() over (partition by imei order by place) as number
           from unnest($1::text[], $2::uuid[], ${countArrays(3)}) with ordinality
             as event (imei, event_id, count, left_out, first_at, last_at, is_plausible, newest_time, newest_hash, is_open, place)
       ),
       numbered as (
         update tbl_iot_event_sequences known
            set last_sequence = known.last_sequence + added.events, telemetry_sequence = known.last_sequence + added.events,
                last_transaction_id = greatest(known.last_transaction_id, pg_current_xact_id())
           from (select imei, count(*) as events from opened group by imei) added
          where known.imei = added.imei
         returning known.imei, known.last_sequence - added.events as before, known.last_transaction_id
       ),
       recorded as (
         insert into tbl_iot_events (transaction_id, imei, sequence, type, event_id, record_count, records_left_out, first_received_at,
                                     last_received_at, newest_is_plausible, newest_time, newest_hash, is_open)
         select last_transaction_id, imei, before + number, 'telemetry', event_id, count, left_out, first_at, last_at, is_plausible, newest_time,
                newest_hash, is_open
           from opened join numbered using (imei)
          order by imei, number
         returning imei, sequence, event_id, type
       )
       insert into tbl_iot_deliveries (imei, sequence, event_id, type)
       select imei, sequence, event_id, type from recorded where $11`,
      [events.map(({ imei }) => imei), events.map(({ eventId }) => eventId), ...countsOf(events), deliver],
    );
  }

  /** Gives these events their bodies, and closes them. They must be locked, and what they list must be written. */
  async close(manager: EntityManager, eventIds: readonly string[]): Promise<void> {
    await manager.query(CLOSE_EVENTS, [eventIds]);
  }

  async list(manager: EntityManager, records: readonly ListedRecord[]): Promise<void> {
    await manager.query(
      `insert into tbl_iot_event_records (event_id, imei, iot_timestamp, record_hash)
       select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[]) on conflict do nothing`,
      [
        records.map(({ eventId }) => eventId),
        records.map(({ imei }) => imei),
        records.map(({ timeMs }) => isoTime(timeMs)),
        records.map(({ hash }) => hash),
      ],
    );
  }

  /** Listed records of telemetry events that wait for delivery. Reads the queue of deliveries. */
  async countListedRecords(manager: EntityManager): Promise<number> {
    const [waiting] = await manager.query<{ readonly records: number }[]>(
      `select coalesce(sum(event.record_count - event.records_left_out), 0)::float8 as records
         from tbl_iot_deliveries delivery join tbl_iot_events event using (imei, sequence)
        where delivery.type = 'telemetry'`,
    );
    return waiting?.records ?? 0;
  }
}

/** Unix milliseconds of a column of `locked`. */
function milliseconds(column: string): string {
  return `round(extract(epoch from locked.${column}) * 1000)::float8`;
}

/** Parameters for the columns that `countsOf` gives. */
function countArrays(first: number): string {
  return ['integer', 'integer', 'timestamptz', 'timestamptz', 'boolean', 'timestamptz', 'bigint', 'boolean']
    .map((type, index) => `$${first + index}::${type}[]`)
    .join(', ');
}

/** In the order of `countArrays`. */
function countsOf(events: readonly EventCounts[]): unknown[] {
  return [
    events.map(({ count }) => count),
    events.map(({ leftOut }) => leftOut),
    events.map(({ firstReceivedMs }) => isoTime(firstReceivedMs)),
    events.map(({ lastReceivedMs }) => isoTime(lastReceivedMs)),
    events.map(({ isPlausible }) => isPlausible),
    events.map(({ newestMs }) => isoTime(newestMs)),
    events.map(({ newestHash }) => newestHash.toString()),
    events.map(({ isOpen }) => isOpen),
  ];
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
