import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In } from 'typeorm';
import { type Page, readQueryPage } from '../platform/database/bounded-page.js';
import { stringifyJson } from '../platform/json/json-source.js';
import { BEGINNING, type EventPosition, isSamePosition } from './event-cursor.js';
import { CursorExpiredError } from './events.errors.js';
import { type NewEvent } from './bodies/event-bodies.js';
import { EventRetentionMark, EventSequence, LoggedEvent } from './logged-event.entity.js';
import { CLOSE_EVENTS, EVENT_BYTES, EVENT_FIELDS, type RecordedEvent } from './recorded-event.js';

/** A telemetry event that still grows. */
type OpenEvent = Pick<RecordedEvent, 'eventId' | 'imei'>;

const CLOSED_AT_ONCE = 500;
/** Before the positions of events that are recorded from now on. */
const FIRST_POSITION = '(select coalesce(max(first_position), 0) from tbl_iot_event_adoption)';

export interface RetentionStep extends EventPosition {
  readonly removed: number;
  /** The next events may have expired too. */
  readonly goesOn: boolean;
}

/**
 * Access to `tbl_iot_events`: append, read in the order of the feed, delete what has expired. Appending and deleting are SQL: one statement for
 * many events writes or deletes rows of three tables, which the query builder cannot express.
 */
@Injectable()
export class EventsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Appends events to the sequences of their devices, those of one device in the given order. The rows of the sequences are locked in the order of
   * the IMEIs and stay locked until the transaction ends: numbers are given in the order of the commits, without gaps. A transaction that began
   * to write early may get the lock late. Its event then stands in the feed under the transaction of the one before it, so that the feed has each
   * device's events in the order of their numbers too.
   */
  async append(manager: EntityManager, events: readonly NewEvent[], deliver: boolean): Promise<void> {
    await manager.query(
      `with given as (
         select imei, type, body, row_number() over (partition by imei order by place) as number
           from unnest($1::text[], $2::text[], $3::text[]) with ordinality as event (imei, type, body, place)
       ),
       numbered as (
         insert into tbl_iot_event_sequences as known (imei, last_sequence, last_transaction_id)
         select imei, count(*), pg_current_xact_id() from given group by imei order by imei
         on conflict (imei) do update set last_sequence = known.last_sequence + excluded.last_sequence,
                                          last_transaction_id = greatest(known.last_transaction_id, pg_current_xact_id())
         returning imei, last_sequence, last_transaction_id
       ),
       recorded as (
         insert into tbl_iot_events (transaction_id, imei, sequence, type, body)
         select last_transaction_id, imei, last_sequence - count(*) over (partition by imei) + number, type, body::json
           from given join numbered using (imei)
          order by imei, number
         returning imei, sequence, event_id, type
       )
       insert into tbl_iot_deliveries (imei, sequence, event_id, type)
       select imei, sequence, event_id, type from recorded where $4`,
      [events.map(({ imei }) => imei), events.map(({ type }) => type), events.map(({ body }) => stringifyJson(body)), deliver],
    );
  }

  /**
   * Events after the given position, in the order of the feed. Only those of transactions older than any that is still running: an event that commits
   * late has its position behind what has been read, or is waited for. Telemetry events that still grow are closed by being read. A page ends before one
   * that another transaction holds.
   */
  async readAfter(after: EventPosition, limit: number): Promise<Page<RecordedEvent>> {
    const page = await this.findPage(this.dataSource.manager, after, limit);
    if (page.rows.every(({ body }) => body !== null)) {
      return page;
    }
    return this.dataSource.transaction(async (manager) => {
      await this.close(
        manager,
        page.rows.filter(({ body }) => body === null),
      );
      return beforeOpen(await this.findPage(manager, after, page.rows.length));
    });
  }

  /**
   * Closes the telemetry events that still grow, so that later records open new ones: a reader that begins at the end would otherwise never see the
   * records of devices whose event stands before it. Events that another transaction closes at this moment are left to it.
   */
  async closeAllOpen(): Promise<void> {
    for (let imei: string | undefined = ''; imei !== undefined;) {
      const open: OpenEvent[] = await this.dataSource
        .createQueryBuilder(EventSequence, 'sequence')
        .innerJoin(LoggedEvent, 'event', 'event.imei = sequence.imei and event.sequence = sequence.telemetrySequence')
        .select('event.event_id', 'eventId')
        .addSelect('sequence.imei', 'imei')
        .where('sequence.imei > :imei and event.is_open', { imei })
        .orderBy('sequence.imei')
        .limit(CLOSED_AT_ONCE)
        .getRawMany<OpenEvent>();
      if (open.length > 0) {
        await this.dataSource.transaction((manager) => this.close(manager, open));
      }
      imei = open.length === CLOSED_AT_ONCE ? open.at(-1)?.imei : undefined;
    }
  }

  /** Before every event that is committed later. Some that were committed before may follow it too. */
  async end(): Promise<EventPosition> {
    const [end] = await this.dataSource.query<[EventPosition]>(
      `select pg_snapshot_xmin(pg_current_snapshot())::text as "transactionId", ${FIRST_POSITION}::text as position`,
    );
    return end;
  }

  /**
   * Where a reader begins: one that has no cursor, behind the newest event that retention has deleted. Some older ones are kept, because they wait for the
   * host or can be replayed. A reader that got them would have a cursor that is refused.
   */
  async startOf(after: EventPosition): Promise<EventPosition> {
    if (!isSamePosition(after, BEGINNING)) {
      return after;
    }
    const mark = await this.dataSource.manager.findOneBy(EventRetentionMark, { isOnly: true });
    return mark ? { transactionId: mark.transactionId, position: mark.position } : BEGINNING;
  }

  /**
   * To be called after events were read from behind a position: what was deleted meanwhile is noticed then. Throws CursorExpiredError when retention has
   * deleted an event behind it, and when it is ahead of every event that there can be: it comes from a database that was replaced by a restored one, or by
   * a standby without the last commits. `end` gives no such place, however quiet the server is: its number may be the next one, but its position is that
   * of no event. A place of the cluster from which the database was restored names a transaction that has come since, and a position from before.
   */
  async requireKept(after: EventPosition): Promise<void> {
    if (isSamePosition(after, BEGINNING)) {
      return;
    }
    const [{ isKept }] = await this.dataSource.query<[{ isKept: boolean }]>(
      `select ($1::xid8, $2::bigint) <= (pg_snapshot_xmax(pg_current_snapshot()), ${FIRST_POSITION})
              and not exists (select from tbl_iot_event_retention where (transaction_id, position) > ($1::xid8, $2::bigint))
              and not exists (select from tbl_iot_event_adoption where $1::xid8 > transaction_id and $2::bigint < first_position) as "isKept"`,
      [after.transactionId, after.position],
    );
    if (!isKept) {
      throw new CursorExpiredError();
    }
  }

  /**
   * Looks at the next events in their order, which is nearly that of time, and deletes those that were delivered, given up or only recorded before the
   * given time. Never one that is still to be delivered, nor one that still grows. Null: there are no further events. What belongs to them is found by an
   * array of their ids: without statistics, a join is planned as a reading of the whole table for each step.
   */
  async removeExpired(
    after: EventPosition,
    keepDays: number,
    keepDeadDays: number,
    limit: number,
  ): Promise<RetentionStep | null> {
    const [step] = await this.dataSource.query<RetentionStep[]>(
      `with step as (
         select * from tbl_iot_events
          where (transaction_id, position) > ($1::xid8, $2::bigint)
          order by transaction_id, position
          limit $5
       ),
       expired as (
         select transaction_id, position, event_id from step
          where not is_open
            and case when dead_at is null then coalesce(delivered_at, last_received_at, occurred_at) < now() - make_interval(days => $3)
                     else dead_at < now() - make_interval(days => $4) end
            and not exists (
              select from tbl_iot_deliveries delivery where delivery.imei = step.imei and delivery.sequence = step.sequence)
       ),
       attempts as (
         delete from tbl_iot_delivery_attempts where event_id = any (array(select event_id from expired))
       ),
       records as (
         delete from tbl_iot_event_records where event_id = any (array(select event_id from expired))
       ),
       noted as (
         insert into tbl_iot_event_retention as known (transaction_id, position)
         select transaction_id, position from expired order by transaction_id desc, position desc limit 1
         on conflict (is_only) do update set transaction_id = excluded.transaction_id, position = excluded.position
          where (known.transaction_id, known.position) < (excluded.transaction_id, excluded.position)
       ),
       removed as (
         delete from tbl_iot_events event using expired
          where event.transaction_id = expired.transaction_id and event.position = expired.position
         returning 1
       )
       select last.transaction_id::text as "transactionId", last.position::text as position,
              (select count(*)::int from removed) as removed,
              last.occurred_at < now() - make_interval(days => $3) as "goesOn"
         from (select * from step order by transaction_id desc, position desc limit 1) last`,
      [after.transactionId, after.position, keepDays, keepDeadDays, limit],
    );
    return step ?? null;
  }

  private async findPage(manager: EntityManager, after: EventPosition, limit: number): Promise<Page<RecordedEvent>> {
    const events = manager
      .createQueryBuilder(LoggedEvent, 'event')
      .select('event.*')
      .where('(event.transactionId, event.position) > (:transactionId::xid8, :position::bigint)', { ...after })
      .andWhere('event.transactionId < pg_snapshot_xmin(pg_current_snapshot())');
    return readQueryPage<RecordedEvent>(manager, events, {
      fields: EVENT_FIELDS,
      // Qualified, since `position` alone would be the text of the select list, where 9 comes behind 10.
      orderBy: 'event.transaction_id, event.position',
      bytes: EVENT_BYTES,
      limit,
    });
  }

  /**
   * Gives open telemetry events their bodies. The sequences are locked first, as the ingest does before it merges records into these events. An event
   * that another transaction holds stays open: waiting for it, with the sequences locked, deadlocks with the settling of deliveries.
   */
  private async close(manager: EntityManager, open: readonly OpenEvent[]): Promise<void> {
    await manager
      .createQueryBuilder(EventSequence, 'sequence')
      .select('sequence.imei')
      .where({ imei: In(open.map(({ imei }) => imei)) })
      .orderBy('sequence.imei')
      .setLock('pessimistic_write')
      .getRawMany();
    const held = await manager.query<{ eventId: string }[]>(
      `select event_id as "eventId" from tbl_iot_events where event_id = any ($1::uuid[]) and body is null for update skip locked`,
      [open.map(({ eventId }) => eventId)],
    );
    await manager.query(CLOSE_EVENTS, [held.map(({ eventId }) => eventId)]);
  }
}

/** The page up to its first event that is still open. */
function beforeOpen(page: Page<RecordedEvent>): Page<RecordedEvent> {
  const first = page.rows.findIndex(({ body }) => body === null);
  return first === -1 ? page : { rows: page.rows.slice(0, first), hasMore: true };
}
