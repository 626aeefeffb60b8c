import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { stringifyJson } from '../json/json-source.js';
import { EventSettings } from '../config/settings.js';
import { DEFAULT_WEBHOOK_EVENTS, EVENT_TYPES, type EventType, eventTypesOf } from './event-types.js';

/** Something the host should hear. `body` is what it will be told besides id, type, sequence and time. */
export interface OutboxEvent {
  readonly type: EventType;
  readonly imei: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Events for the host, written in the transaction that causes them: they happen together or not at all. */
@Injectable()
export class OutboxService {
  /** Whether events are to be delivered to the host, or only kept for it to fetch. Statements that append by themselves pass it on. */
  readonly delivers: boolean;
  private readonly wanted: ReadonlySet<EventType>;
  private readonly listeners: (() => void)[] = [];

  constructor(settings: EventSettings) {
    this.delivers = settings.NOTIFICATION_URL !== undefined;
    this.wanted = new Set(wantedTypes(settings));
  }

  /** Whether events of this type are recorded. Statements that append by themselves, with `iot_append_event`, ask first. */
  wants(type: EventType): boolean {
    return this.wanted.has(type);
  }

  /**
   * Appends an event to its device's sequence, which counts up without gaps: the row of the sequence stays locked until
   * the transaction ends, so that numbers are given in the order of the commits. Nothing happens when nobody wants the event.
   */
  async append(manager: EntityManager, { type, imei, body }: OutboxEvent): Promise<void> {
    if (!this.wants(type)) {
      return;
    }
    await manager.query('select iot_append_event($1, $2, $3::json, $4)', [imei, type, stringifyJson(body), this.delivers]);
  }

  /** Events may have been committed. Only makes them go out sooner: who delivers them also looks by itself. */
  announce(): void {
    this.listeners.forEach((listener) => listener());
  }

  /** Calls back, within this process, when events may have been committed. */
  onAnnounced(listener: () => void): void {
    this.listeners.push(listener);
  }
}

/** One list for both channels: a host sees each device's numbers without gaps, by webhook or by feed. */
function wantedTypes(settings: EventSettings): readonly EventType[] {
  const { NOTIFICATION_URL, EVENT_FEED_ENABLED, TELEMETRY_WEBHOOK_ENABLED, WEBHOOK_EVENTS } = settings;
  if (NOTIFICATION_URL === undefined && !EVENT_FEED_ENABLED) {
    return [];
  }
  const telemetry: EventType[] = NOTIFICATION_URL !== undefined && TELEMETRY_WEBHOOK_ENABLED ? ['telemetry'] : [];
  if (WEBHOOK_EVENTS !== undefined) {
    return [...eventTypesOf(WEBHOOK_EVENTS), ...telemetry];
  }
  return NOTIFICATION_URL === undefined ? EVENT_TYPES : [...DEFAULT_WEBHOOK_EVENTS, ...telemetry];
}
