import { Injectable } from '@nestjs/common';
import { type Page } from '../platform/database/bounded-page.js';
import { BEGINNING, type EventPosition } from './event-cursor.js';
import { EventsRepository } from './events.repository.js';
import { EventTimesRepository, type EventLag } from './event-times.repository.js';
import { type RecordedEvent } from './recorded-event.js';
import { TimedReadings } from './timed-readings.js';

/** An event whose body does not change any more. */
export type ReadableEvent = RecordedEvent & { readonly body: string };

/** Where a reader begins that has no cursor. */
export type LogStart = 'now' | 'oldest';

/** Reads the event log in the order of the feed, for readers that keep a cursor of their own. A reading without an answer is given up after 10 s. */
@Injectable()
export class EventLogReader {
  private readonly readings = new TimedReadings();

  constructor(
    private readonly repository: EventsRepository,
    private readonly times: EventTimesRepository,
  ) {}

  /**
   * Up to `limit` events behind a cursor, as the feed shows them. Throws CursorExpiredError when events behind it have been deleted, and when it is
   * ahead of the log.
   */
  async readAfter(after: EventPosition, limit: number): Promise<Page<ReadableEvent>> {
    const { rows, hasMore } = await this.readings.run(() => this.repository.readAfter(after, limit));
    // After the reading: what was deleted before it is missing in it.
    await this.readings.run(() => this.repository.requireKept(after));
    const events = rows.filter((event): event is ReadableEvent => event.body !== null);
    return { rows: events, hasMore };
  }

  /** The place before the oldest event, or the end of the log. There, telemetry events that still grow are closed: later records open new ones. */
  async start(from: LogStart): Promise<EventPosition> {
    if (from === 'oldest') {
      return this.repository.startOf(BEGINNING);
    }
    const end = await this.readings.run(() => this.repository.end());
    await this.readings.run(() => this.repository.closeAllOpen());
    return end;
  }

  /** The place before the first event of this time or a later one; the end of the log when no event is as young. */
  async placeBefore(time: Date): Promise<EventPosition> {
    return (await this.times.placeBefore(time)) ?? this.repository.end();
  }

  /** Throws CursorExpiredError. */
  async requireKept(position: EventPosition): Promise<void> {
    await this.repository.requireKept(position);
  }

  /** How many events stand behind a cursor, and how long the first of them has waited. */
  lag(after: EventPosition): Promise<EventLag> {
    return this.readings.run(() => this.times.lag(after));
  }
}
