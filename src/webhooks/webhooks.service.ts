import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { AuditService } from '../access/audit/audit.service.js';
import { givenMembers } from '../platform/http/request-values.js';
import { EventLog } from '../events/event-log.js';
import { EVENT_CURSOR } from '../events/event-cursor.js';
import { type DeliverableEvent, type DeliveryAttempt, type FirstAttempt } from './deliverable-event.js';
import { WebhookDispatcher } from './delivery/webhook-dispatcher.js';
import { type WebhookStatusDto } from './webhook-event.dto.js';
import { type EventFilter, WebhookEventsRepository } from './webhook-events.repository.js';
import { type ReplayDto, type WebhookEventQuery } from './webhook-query.dto.js';
import { EventNotFoundError, WebhooksDisabledError } from './webhooks.errors.js';

const REPLAYED_AT_A_TIME = 5_000;

export interface EventWithAttempts {
  readonly event: DeliverableEvent;
  /** The newest ones, in their order. */
  readonly attempts: DeliveryAttempt[];
  readonly hasOlderAttempts: boolean;
}

export interface EventPage {
  readonly events: readonly DeliverableEvent[];
  readonly nextCursor: string | null;
}

/** REST operations on events: list, inspect, replay. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly repository: WebhookEventsRepository,
    private readonly dispatcher: WebhookDispatcher,
    private readonly events: EventLog,
    private readonly audit: AuditService,
  ) {}

  async list(query: WebhookEventQuery): Promise<EventPage> {
    const page = await this.repository.list(filterOf(query, query.limit));
    return { events: page.rows, nextCursor: EVENT_CURSOR.next(page, (event) => event) };
  }

  /** @param eventId as the host knows it. Throws EventNotFoundError. */
  async get(eventId: string): Promise<EventWithAttempts> {
    const event = await this.repository.find(storedEventId(eventId));
    if (!event) {
      throw new EventNotFoundError(eventId);
    }
    const { rows, hasMore } = await this.repository.findAttempts(event.eventId);
    const first = hasMore || event.firstAttempt === null ? [] : [attemptOf(event.firstAttempt)];
    return { event, attempts: [...first, ...[...rows].reverse()], hasOlderAttempts: hasMore };
  }

  /** Throws EventNotFoundError, WebhooksDisabledError. */
  async replay(eventId: string, actor: AuditActor): Promise<void> {
    const { event } = await this.get(eventId);
    await this.queue([event], actor, { eventId });
  }

  /** Newest first, one page at a time. Throws WebhooksDisabledError. */
  async replayAll(replay: ReplayDto, actor: AuditActor): Promise<{ replayed: number; nextCursor: string | null }> {
    // One more than the limit shows whether further events match.
    const given = { state: 'dead' as const, ...givenMembers(replay) };
    const found = await this.repository.listIds(filterOf(given, REPLAYED_AT_A_TIME + 1));
    const events = found.slice(0, REPLAYED_AT_A_TIME);
    await this.queue(events, actor, { ...given, replayed: events.length });
    const nextCursor = EVENT_CURSOR.next({ rows: events, hasMore: found.length > events.length }, (event) => event);
    return { replayed: events.length, nextCursor };
  }

  async status(): Promise<Omit<WebhookStatusDto, 'success'>> {
    const { pending, oldestAgeSeconds, dead } = await this.repository.backlog();
    const { state, openSince } = this.dispatcher.circuit;
    return {
      delivering: this.events.delivers,
      backlog: pending,
      oldestAgeSeconds,
      dead,
      circuit: { state, since: openSince === null ? null : new Date(openSince) },
      sending: this.dispatcher.requestsInFlight,
    };
  }

  private async queue(
    events: readonly { readonly eventId: string }[],
    actor: AuditActor,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (!this.events.delivers) {
      throw new WebhooksDisabledError();
    }
    const eventIds = events.map(({ eventId }) => eventId);
    await this.repository.transaction(async (manager) => {
      await this.repository.replay(manager, eventIds);
      await this.audit.record({ actor, action: 'webhook.replayed', details }, manager);
    });
    this.events.signalAppended();
  }
}

function attemptOf({ attemptedAt, ...attempt }: FirstAttempt): DeliveryAttempt {
  return { attempt: 1, attemptedAt: new Date(attemptedAt), ...attempt, error: null };
}

function filterOf(query: Partial<WebhookEventQuery>, limit: number): EventFilter {
  const { state = null, type = null, imei = null, from = null, to = null, cursor } = query;
  return { state, type, imei, from, to, before: cursor === undefined ? null : EVENT_CURSOR.decode(cursor), limit };
}

/** Without the prefix that distinguishes it from the id of a batch. */
function storedEventId(eventId: string): string {
  return eventId.slice(eventId.indexOf('_') + 1);
}
