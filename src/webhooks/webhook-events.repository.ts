import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type Page, readPage } from '../platform/database/bounded-page.js';
import { type EventType } from '../events/event-types.js';
import { type EventPosition } from '../events/event-cursor.js';
import { EVENT_BYTES, EVENT_FIELDS } from '../events/recorded-event.js';
import { type DeliverableEvent, type DeliveryAttempt, type EventState } from './deliverable-event.js';

export interface EventFilter {
  readonly state: EventState | null;
  readonly type: EventType | null;
  readonly imei: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Newest first: what is older than this. */
  readonly before: EventPosition | null;
  readonly limit: number;
}

export interface Backlog {
  readonly pending: number;
  readonly oldestAgeSeconds: number | null;
  readonly dead: number;
}

const STATE = `
  case when event.is_pending then 'pending' when event.dead_at is not null then 'dead'
       when event.delivered_at is not null then 'delivered' else 'recorded' end`;

const FIELDS = `${EVENT_FIELDS}, ${STATE} as state, event.record_count as "recordCount",
  event.delivered_at as "deliveredAt", event.dead_at as "deadAt", event.next_attempt_at as "nextAttemptAt",
  (select count(*)::int from tbl_iot_delivery_attempts attempt where attempt.event_id = event.event_id) as attempts`;

/** An event and what is known of its delivery, as the row `event` that FIELDS read. */
const COLUMNS = 'event.*, delivery.imei is not null as is_pending, delivery.next_attempt_at';

const FROM =
  'tbl_iot_events event left join tbl_iot_deliveries delivery on delivery.imei = event.imei and delivery.sequence = event.sequence';

const MAX_ATTEMPTS = 1_000;

const NEWEST_FIRST = 'event.transaction_id desc, event.position desc';

/** Reads events and their attempts for the REST API, and marks events for replay. */
@Injectable()
export class WebhookEventsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Newest first. */
  async list(filter: EventFilter): Promise<Page<DeliverableEvent>> {
    const { conditions, values } = conditionsOf(filter);
    return readPage<DeliverableEvent>(
      this.dataSource.manager,
      {
        fields: FIELDS,
        alias: 'event',
        columns: COLUMNS,
        from: FROM,
        where: conditions,
        orderBy: NEWEST_FIRST,
        bytes: EVENT_BYTES,
        limit: filter.limit,
      },
      values,
    );
  }

  /** The same events without their bodies, up to `limit` of them. */
  async listIds(filter: EventFilter): Promise<(EventPosition & { readonly eventId: string })[]> {
    const { conditions, values, placed } = conditionsOf(filter);
    return this.dataSource.query(
      `select event.event_id as "eventId", event.transaction_id::text as "transactionId", event.position::text as position
         from ${FROM}
        ${conditions}
        order by ${NEWEST_FIRST}
        limit ${placed(filter.limit)}`,
      values,
    );
  }

  async find(eventId: string): Promise<DeliverableEvent | null> {
    const [event] = await this.dataSource.query<DeliverableEvent[]>(
      `select ${FIELDS} from (select ${COLUMNS} from ${FROM} where event.event_id = $1) event`,
      [eventId],
    );
    return event ?? null;
  }

  /** The newest attempts first: an event can be replayed any number of times. */
  async findAttempts(eventId: string): Promise<Page<DeliveryAttempt>> {
    return readPage<DeliveryAttempt>(
      this.dataSource.manager,
      {
        fields: `attempt, attempted_at as "attemptedAt", webhook_id as "webhookId", status, duration_ms as "durationMs", answer, error`,
        alias: 'attempts',
        columns: '*',
        from: 'tbl_iot_delivery_attempts attempts',
        where: 'where event_id = $1',
        orderBy: 'attempt desc',
        bytes: 'coalesce(octet_length(answer), 0) + coalesce(octet_length(error), 0)',
        limit: MAX_ATTEMPTS,
      },
      [eventId],
    );
  }

  /** Makes these events due now, whatever became of them before. Those whose attempt is under way are left to it. */
  async replay(manager: EntityManager, eventIds: readonly string[]): Promise<void> {
    await manager.query(
      `with queued as (
         insert into tbl_iot_deliveries as delivery (imei, sequence, event_id, type, alone, attempts)
         select imei, sequence, event_id, type, true,
                (select coalesce(max(attempt), 0) from tbl_iot_delivery_attempts attempt where attempt.event_id = event.event_id)
           from tbl_iot_events event
          where event_id = any ($1::uuid[])
          order by imei, sequence
         on conflict (imei, sequence) do update set next_attempt_at = now()
          where delivery.locked_by is null
         returning delivery.event_id
       )
       update tbl_iot_events event set dead_at = null from queued where event.event_id = queued.event_id and event.dead_at is not null`,
      [eventIds],
    );
  }

  async backlog(): Promise<Backlog> {
    const [backlog] = await this.dataSource.query<[Backlog]>(
      `select (select count(*)::int from tbl_iot_deliveries) as pending,
              (select extract(epoch from now() - min(event.occurred_at))::float8
                 from tbl_iot_deliveries delivery join tbl_iot_events event using (event_id)) as "oldestAgeSeconds",
              (select count(*)::int from tbl_iot_events where dead_at is not null) as dead`,
    );
    return backlog;
  }
}

/** Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
function conditionsOf(filter: EventFilter) {
  const values: unknown[] = [];
  const placed = (value: unknown): string => `$${values.push(value)}`;
  const { state, type, imei, from, to, before } = filter;
  const conditions = [
    state === 'dead' && 'event.dead_at is not null and delivery.imei is null',
    state === 'pending' && 'delivery.imei is not null',
    state === 'delivered' && 'event.delivered_at is not null and delivery.imei is null',
    state === 'recorded' && 'event.delivered_at is null and event.dead_at is null and delivery.imei is null',
    type !== null && `event.type = ${placed(type)}`,
    imei !== null && `event.imei = ${placed(imei)}`,
    from !== null && `event.occurred_at >= ${placed(from)}`,
    to !== null && `event.occurred_at < ${placed(to)}`,
    before !== null &&
      `(event.transaction_id, event.position) < (${placed(before.transactionId)}::xid8, ${placed(before.position)}::bigint)`,
  ].filter((condition) => condition !== false);
  return { conditions: conditions.length > 0 ? `where ${conditions.join(' and ')}` : '', values, placed };
}
