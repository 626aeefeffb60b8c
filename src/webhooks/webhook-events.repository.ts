import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, IsNull, Not, type SelectQueryBuilder } from 'typeorm';
import { type Page, readQueryPage } from '../platform/database/bounded-page.js';
import { type EventType } from '../events/event-types.js';
import { type EventPosition } from '../events/event-cursor.js';
import { LoggedEvent } from '../events/logged-event.entity.js';
import { EVENT_BYTES, EVENT_FIELDS } from '../events/recorded-event.js';
import { type DeliverableEvent, type DeliveryAttempt, type EventState, type FoundEvent } from './deliverable-event.js';
import { DeliveryAttempt as StoredAttempt } from './delivery/delivery-attempt.entity.js';
import { PendingDelivery } from './delivery/pending-delivery.entity.js';

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

/** Of the row that `withDelivery` selects. */
const FIELDS = `${EVENT_FIELDS}, ${STATE} as state, event.record_count as "recordCount",
  event.delivered_at as "deliveredAt", event.dead_at as "deadAt", event.next_attempt_at as "nextAttemptAt",
  (event.first_attempt is not null)::int
    + (select count(*)::int from tbl_iot_delivery_attempts attempt where attempt.event_id = event.event_id) as attempts`;

const ATTEMPT_FIELDS =
  'attempt, attempted_at as "attemptedAt", webhook_id as "webhookId", status, duration_ms as "durationMs", answer, error';

const STATE_CONDITIONS: Record<EventState, string> = {
  dead: 'event.deadAt is not null and delivery.imei is null',
  pending: 'delivery.imei is not null',
  delivered: 'event.deliveredAt is not null and delivery.imei is null',
  recorded: 'event.deliveredAt is null and event.deadAt is null and delivery.imei is null',
};

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
    return readQueryPage<DeliverableEvent>(this.dataSource.manager, matching(this.withDelivery(), filter), {
      fields: FIELDS,
      orderBy: NEWEST_FIRST,
      bytes: EVENT_BYTES,
      limit: filter.limit,
    });
  }

  /** The same events without their bodies, up to `limit` of them. */
  async listIds(filter: EventFilter): Promise<(EventPosition & { readonly eventId: string })[]> {
    return matching(this.withDelivery(), filter)
      .select('event.eventId', 'eventId')
      .addSelect('event.transactionId', 'transactionId')
      .addSelect('event.position', 'position')
      .orderBy('event.transactionId', 'DESC')
      .addOrderBy('event.position', 'DESC')
      .limit(filter.limit)
      .getRawMany();
  }

  async find(eventId: string): Promise<FoundEvent | null> {
    const found = this.withDelivery().where('event.eventId = :eventId', { eventId });
    const page = {
      fields: `${FIELDS}, event.first_attempt as "firstAttempt"`,
      orderBy: NEWEST_FIRST,
      bytes: EVENT_BYTES,
      limit: 1,
    };
    const { rows } = await readQueryPage<FoundEvent>(this.dataSource.manager, found, page);
    return rows[0] ?? null;
  }

  /** The newest attempts first: an event can be replayed any number of times. */
  async findAttempts(eventId: string): Promise<Page<DeliveryAttempt>> {
    const attempts = this.dataSource.createQueryBuilder(StoredAttempt, 'attempts').select('attempts.*').where({ eventId });
    return readQueryPage<DeliveryAttempt>(this.dataSource.manager, attempts, {
      fields: ATTEMPT_FIELDS,
      orderBy: 'attempt desc',
      bytes: 'coalesce(octet_length(answer), 0) + coalesce(octet_length(error), 0)',
      limit: MAX_ATTEMPTS,
    });
  }

  /**
   * Makes these events due now, in whatever state they are, except those whose attempt is in progress. SQL: one statement for up to
   * 5,000 events inserts from a select and updates what it inserted, which the query builder cannot express.
   */
  async replay(manager: EntityManager, eventIds: readonly string[]): Promise<void> {
    await manager.query(
      `with queued as (
         insert into tbl_iot_deliveries as delivery (imei, sequence, event_id, type, alone, attempts)
         select imei, sequence, event_id, type, true,
                (select coalesce(max(attempt), (first_attempt is not null)::int)
                   from tbl_iot_delivery_attempts attempt where attempt.event_id = event.event_id)
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
    const { manager } = this.dataSource;
    const oldest = await manager
      .createQueryBuilder(PendingDelivery, 'delivery')
      .leftJoin(LoggedEvent, 'event', 'event.eventId = delivery.eventId')
      .select('count(*)::int', 'pending')
      .addSelect('extract(epoch from now() - min(event.occurredAt))::float8', 'oldestAgeSeconds')
      .getRawOne<Omit<Backlog, 'dead'>>();
    const dead = await manager.countBy(LoggedEvent, { deadAt: Not(IsNull()) });
    return { pending: oldest?.pending ?? 0, oldestAgeSeconds: oldest?.oldestAgeSeconds ?? null, dead };
  }

  /** Events and what is known of their deliveries, each as the row `event` that FIELDS read. */
  private withDelivery(): SelectQueryBuilder<LoggedEvent> {
    return this.dataSource
      .createQueryBuilder(LoggedEvent, 'event')
      .leftJoin(PendingDelivery, 'delivery', 'delivery.imei = event.imei and delivery.sequence = event.sequence')
      .select('event.*')
      .addSelect('delivery.imei is not null', 'is_pending')
      .addSelect('delivery.nextAttemptAt', 'next_attempt_at');
  }
}

/** Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
function matching(query: SelectQueryBuilder<LoggedEvent>, filter: EventFilter): SelectQueryBuilder<LoggedEvent> {
  const { state, type, imei, from, to, before } = filter;
  if (state !== null) {
    query.andWhere(STATE_CONDITIONS[state]);
  }
  if (type !== null) {
    query.andWhere('event.type = :type', { type });
  }
  if (imei !== null) {
    query.andWhere('event.imei = :imei', { imei });
  }
  if (from !== null) {
    query.andWhere('event.occurredAt >= :from', { from });
  }
  if (to !== null) {
    query.andWhere('event.occurredAt < :to', { to });
  }
  if (before !== null) {
    query.andWhere('(event.transactionId, event.position) < (:transactionId::xid8, :position::bigint)', { ...before });
  }
  return query;
}
