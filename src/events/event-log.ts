import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { EventSettings } from './events.settings.js';
import { type NewEvent } from './bodies/event-bodies.js';
import { DEFAULT_WEBHOOK_EVENTS, EVENT_TYPES, type EventType, eventTypesOf } from './event-types.js';
import { EventsRepository } from './events.repository.js';

/** The log of events for the host. Events are appended in the transaction that causes them: both are committed, or neither. */
@Injectable()
export class EventLog {
  /** Whether events are delivered to the host by webhooks. False: they are only recorded, for the feed and the sinks. */
  readonly delivers: boolean;
  private readonly recorded: ReadonlySet<EventType>;
  private readonly listeners: (() => void)[] = [];
  private readonly followers: (() => boolean)[] = [];

  constructor(
    private readonly repository: EventsRepository,
    settings: EventSettings,
  ) {
    this.delivers = settings.NOTIFICATION_URL !== undefined;
    this.recorded = new Set(recordedTypes(settings));
  }

  /** Whether events of this type are recorded. */
  records(type: EventType): boolean {
    return this.recorded.has(type);
  }

  /** Appends those of the events whose type is recorded, with one statement. Events of one device keep their order. */
  async append(manager: EntityManager, events: readonly NewEvent[]): Promise<void> {
    const recorded = events.filter(({ type }) => this.records(type));
    if (recorded.length > 0) {
      await this.repository.append(manager, recorded, this.delivers);
    }
  }

  /** To be called after a commit that may have appended events. It only shortens the wait: readers of the log also poll. */
  signalAppended(): void {
    this.listeners.forEach((listener) => listener());
  }

  /** Whether streams or sinks, of whatever instance, read every event soon after its commit. */
  get isFollowed(): boolean {
    return this.followers.some((isFollowing) => isFollowing());
  }

  followedWhile(isFollowing: () => boolean): void {
    this.followers.push(isFollowing);
  }

  /** Calls back when events may have been committed in this process. */
  onAppended(listener: () => void): void {
    this.listeners.push(listener);
  }
}

/** One list for webhooks, feed and sinks: on all of them, a host sees the numbers of each device without gaps. */
function recordedTypes(settings: EventSettings): readonly EventType[] {
  const { NOTIFICATION_URL, EVENT_FEED_ENABLED, TELEMETRY_WEBHOOK_ENABLED, WEBHOOK_EVENTS, SINKS } = settings;
  if (NOTIFICATION_URL === undefined && !EVENT_FEED_ENABLED && SINKS === undefined) {
    return [];
  }
  const telemetry: EventType[] = NOTIFICATION_URL !== undefined && TELEMETRY_WEBHOOK_ENABLED ? ['telemetry'] : [];
  if (WEBHOOK_EVENTS !== undefined) {
    return [...eventTypesOf(WEBHOOK_EVENTS), ...telemetry];
  }
  if (NOTIFICATION_URL !== undefined) {
    return [...DEFAULT_WEBHOOK_EVENTS, ...telemetry];
  }
  // Sinks that get every record have no use for the events that sum them up.
  const hasTelemetry = EVENT_FEED_ENABLED || settings.SINK_TELEMETRY === 'events';
  return EVENT_TYPES.filter((type) => hasTelemetry || type !== 'telemetry');
}
