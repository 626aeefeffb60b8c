import { type Logger } from '@nestjs/common';
import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { PollingLoop } from '../../platform/scheduling/polling-loop.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { CursorExpiredError } from '../events.errors.js';
import { type EventsRepository } from '../events.repository.js';
import { RecentEvents } from './recent-events.js';
import { type StreamEvent, streamEventsOf } from './stream-event.js';
import { type TimedReadings } from '../timed-readings.js';

/** The first of many events need not wait until all of them have been read. */
const EVENTS_PER_ROUND = 100;
const POLL_EVERY_MS = 250;
/** A burst of commits is read with a few statements. */
const SPACING_MS = 10;
/**
 * After a wake-up the log is read again and again for this long: an event can be read once all transactions that began to write before its own have
 * ended, which sends no signal.
 */
const ATTENTIVE_MS = 250;

/** A database that was replaced by an older one may show nothing behind the place that was read, and no failure either. */
const CHECK_PLACE_EVERY_MS = SECOND_MS;
export interface TailOptions {
  readonly repository: Pick<EventsRepository, 'closeAllOpen' | 'end' | 'readAfter' | 'requireKept'>;
  readonly readings: TimedReadings;
  readonly database: DatabaseAvailability;
  readonly logger: Logger;
  /** To be done before events are read. If it fails, none are read. */
  readonly beforeReading: () => Promise<void>;
  readonly onEvents: (events: readonly StreamEvent[]) => void;
  /** The log does not go on behind what was read: the database was replaced. Nothing is read any more until `run`. */
  readonly onReplaced: () => void;
}

/** Reads the end of the log while streams are open: once for all of them. */
export class LogTail {
  private events: RecentEvents | null = null;
  private loop: PollingLoop | null = null;
  private starting: Promise<void> | null = null;
  private hasFailed = false;
  private wokenAt = -Infinity;
  private atEndSince = 0;
  private placeCheckedAt = 0;

  constructor(private readonly options: TailOptions) {}

  /** Null while no log is read. */
  get recent(): RecentEvents | null {
    return this.events;
  }

  /** Time since the log was read to its end. Null while it is not read. */
  get lagSeconds(): number | null {
    return this.events && (performance.now() - this.atEndSince) / SECOND_MS;
  }

  /** Begins at the end of the log, if it is not running. Rejects when the log can not be read. */
  async run(): Promise<RecentEvents> {
    if (this.events && !this.hasFailed && this.options.database.state === 'available') {
      return this.events;
    }
    this.starting ??= this.begin().finally(() => (this.starting = null));
    await this.starting;
    return this.events ?? this.run();
  }

  /** Events may have been committed. */
  wake(): void {
    this.wokenAt = performance.now();
    this.loop?.wake();
  }

  async stop(): Promise<void> {
    const { loop } = this;
    this.loop = null;
    this.events = null;
    await loop?.stop();
  }

  private async begin(): Promise<void> {
    const { readings, repository } = this.options;
    const end = await readings.run(() => repository.end());
    // Behind it: nothing before the place of the tail grows any more, and what was opened meanwhile is read.
    await readings.run(() => repository.closeAllOpen());
    if (this.events) {
      return;
    }
    const events = new RecentEvents(end);
    this.events = events;
    this.hasFailed = false;
    this.atEndSince = performance.now();
    this.placeCheckedAt = this.atEndSince;
    this.loop = new PollingLoop(() => this.round(events), { everyMs: POLL_EVERY_MS, spacingMs: SPACING_MS });
    this.loop.start();
  }

  private async round(recent: RecentEvents): Promise<boolean> {
    const { repository, readings, database, logger, beforeReading, onEvents } = this.options;
    try {
      const begun = performance.now();
      await readings.run(beforeReading);
      const page = await readings.run(() => repository.readAfter(recent.end, EVENTS_PER_ROUND));
      const events = streamEventsOf(page.rows);
      recent.add(events);
      if (events.length > 0 && recent === this.events) {
        onEvents(events);
      }
      if (!page.hasMore) {
        this.atEndSince = begun;
      }
      if (begun - this.placeCheckedAt > CHECK_PLACE_EVERY_MS) {
        await readings.run(() => repository.requireKept(recent.end));
        this.placeCheckedAt = begun;
      }
      this.hasFailed = false;
      return page.hasMore || begun - this.wokenAt < ATTENTIVE_MS;
    } catch (error) {
      if (error instanceof CursorExpiredError) {
        this.end(recent);
        return false;
      }
      this.hasFailed = true;
      database.logFailure(logger, `The event log could not be read for the streams, next try in ${POLL_EVERY_MS} ms`, error);
      return false;
    }
  }

  /** Called within the round: it does not wait for the round to end. */
  private end(recent: RecentEvents): void {
    if (recent !== this.events) {
      return;
    }
    this.options.logger.warn(
      'The event log ends before what was already sent to streams: the database was restored or replaced. They end, and get 410 for their cursors',
    );
    void this.stop();
    this.options.onReplaced();
  }
}
