import { type Api, type CallOptions, dataOf } from './api.js';
import { atCursor, Pages } from './pages.js';
import {
  type EventFeed,
  type FeedEvent,
  type operations,
  type Replay,
  type ReplayAccepted,
  type WebhookEvent,
  type WebhookEventAnswer,
  type WebhookStatus,
} from './schema.generated.js';

export type WebhookEventQuery = NonNullable<operations['listWebhookEvents']['parameters']['query']>;
export type EventFeedQuery = NonNullable<operations['listEvents']['parameters']['query']>;

/** The event log, for hosts that fetch. */
export class Events {
  constructor(private readonly api: Api) {}

  /** One part of the feed, from behind `after`. `nextCursor` is where the next part begins, also when there is no further event yet. */
  read(query: EventFeedQuery = {}, options: CallOptions = {}): Promise<EventFeed> {
    return dataOf(this.api.GET('/api/v1/events', { params: { query }, ...options }));
  }

  /** All events behind `after` that there are now, oldest first. */
  list(query: EventFeedQuery = {}, options: CallOptions = {}): Pages<FeedEvent> {
    return new Pages(async (cursor) => {
      const { events, nextCursor, hasMore } = await this.read(
        cursor === undefined ? query : { ...query, after: cursor },
        options,
      );
      return { items: events, nextCursor: hasMore ? nextCursor : null };
    });
  }
}

/** Events and their deliveries to the host. Verification of what is delivered: `iot-broker-client/webhooks`. */
export class Webhooks {
  constructor(private readonly api: Api) {}

  /** Events and how their deliveries stand, newest first. */
  events(query: WebhookEventQuery = {}, options: CallOptions = {}): Pages<WebhookEvent> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { events, nextCursor } = await dataOf(this.api.GET('/api/v1/webhooks/events', { params, ...options }));
      return { items: events, nextCursor };
    });
  }

  /** An event with every attempt to deliver it. */
  event(id: string, options: CallOptions = {}): Promise<WebhookEventAnswer> {
    return dataOf(this.api.GET('/api/v1/webhooks/events/{id}', { params: { path: { id } }, ...options }));
  }

  /** Delivers an event again, with the same id. */
  async replay(id: string, options: CallOptions = {}): Promise<void> {
    await dataOf(this.api.POST('/api/v1/webhooks/events/{id}/replay', { params: { path: { id } }, ...options }));
  }

  /** Delivers many events again: those that were given up, unless `state` says otherwise. */
  replayMany(body: Replay = {}, options: CallOptions = {}): Promise<ReplayAccepted> {
    return dataOf(this.api.POST('/api/v1/webhooks/replay', { body, ...options }));
  }

  /** The backlog, its oldest event, and the state of the circuit breaker. */
  status(options: CallOptions = {}): Promise<WebhookStatus> {
    return dataOf(this.api.GET('/api/v1/webhooks/status', { ...options }));
  }
}
