import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../platform/audit/audit-entry.js';
import { AuditService } from '../platform/audit/audit.service.js';
import { OutboxService } from '../platform/outbox/outbox.service.js';
import { decodePosition, encodePosition } from './event-cursor.js';
import { type DeliverableEvent, type DeliveryAttempt } from './recorded-event.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { type WebhookStatusDto } from './webhook-event.dto.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { type ReplayDto, type WebhookEventQuery } from './webhook-query.dto.js';
import { EventNotFoundError, WebhooksDisabledError } from './webhooks.errors.js';

const REPLAYED_AT_A_TIME = 5_000;

export interface EventPage {
  readonly events: readonly DeliverableEvent[];
  readonly nextCursor: string | null;
}

/** What people ask of the deliveries, and what they order to be told again. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly repository: WebhookEventsRepository,
    private readonly dispatcher: WebhookDispatcher,
    private readonly outbox: OutboxService,
    private readonly audit: AuditService,
  ) {}

  async list(query: Partial<WebhookEventQuery> & { readonly limit: number }): Promise<EventPage> {
    const { state = null, type = null, imei = null, from = null, to = null, limit } = query;
    const before = query.cursor === undefined ? null : decodePosition(query.cursor);
    // One more than asked for tells whether there is a next page.
    const found = await this.repository.list({ state, type, imei, from, to, before, limit: limit + 1 });
    const events = found.slice(0, limit);
    const last = events.at(-1);
    return { events, nextCursor: found.length > limit && last ? encodePosition(last) : null };
  }

  /** @param eventId as the host knows it. Throws EventNotFoundError. */
  async get(eventId: string): Promise<{ event: DeliverableEvent; attempts: DeliveryAttempt[] }> {
    const event = await this.repository.find(storedEventId(eventId));
    if (!event) {
      throw new EventNotFoundError(eventId);
    }
    return { event, attempts: await this.repository.findAttempts(event.eventId) };
  }

  /** Throws EventNotFoundError, WebhooksDisabledError. */
  async replay(eventId: string, actor: AuditActor): Promise<void> {
    const { event } = await this.get(eventId);
    await this.queue([event], actor, { eventId });
  }

  /** Newest first, so many at a time. Throws WebhooksDisabledError. */
  async replayAll(replay: ReplayDto, actor: AuditActor): Promise<{ replayed: number; nextCursor: string | null }> {
    const { events, nextCursor } = await this.list({ ...replay, limit: REPLAYED_AT_A_TIME });
    await this.queue(events, actor, { ...replay, replayed: events.length });
    return { replayed: events.length, nextCursor };
  }

  async status(): Promise<Omit<WebhookStatusDto, 'success'>> {
    const { pending, oldestAgeSeconds, dead } = await this.repository.backlog();
    const { state, openSince } = this.dispatcher.circuit;
    return {
      delivering: this.outbox.delivers,
      backlog: pending,
      oldestAgeSeconds,
      dead,
      circuit: { state, since: openSince === null ? null : new Date(openSince) },
      sending: this.dispatcher.requestsOnTheirWay,
    };
  }

  private async queue(
    events: readonly DeliverableEvent[],
    actor: AuditActor,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (!this.outbox.delivers) {
      throw new WebhooksDisabledError();
    }
    const eventIds = events.map(({ eventId }) => eventId);
    await this.repository.transaction(async (manager) => {
      await this.repository.replay(manager, eventIds);
      await this.audit.record({ actor, action: 'webhook.replayed', details }, manager);
    });
    this.outbox.announce();
  }
}

/** Without the prefix that tells it from the id of a batch. */
function storedEventId(eventId: string): string {
  return eventId.slice(eventId.indexOf('_') + 1);
}
