import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@nestjs/common';
import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { isDatabaseUnavailable } from '../../platform/database/database-errors.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { CursorExpiredError } from '../events.errors.js';
import { type EventsRepository } from '../events.repository.js';
import { type EventStream } from './event-stream.js';
import { type LogTail } from './log-tail.js';
import { streamEventsOf } from './stream-event.js';
import { type TimedReadings } from '../timed-readings.js';
import { Turns } from './turns.js';

const EVENTS_PER_PAGE = 500;
/** With no more events than this behind the tail, a stream joins it. */
const EVENTS_TO_JOIN = 100;
/** Pages that are read at the same time: they must not take all connections of the pool. */
const READINGS = { max: 4, maxOfKey: 4 };
/**
 * Pages that are read or that their clients have not taken yet. A page has up to 4 MiB (MAX_PAGE_BYTES), and slow clients keep theirs: without a limit for each key,
 * those of one key would use up the limit of the instance.
 */
const PAGES = { max: 32, maxOfKey: 8 };
/** Up to twice as long, so that many streams do not read again at the same moment. */
const RETRY_MS = SECOND_MS;
/** What is sent outside of the rounds of the tail. */
const OWN_ROUND = -2;

export interface CatchUpOptions {
  readonly repository: Pick<EventsRepository, 'readAfter' | 'requireKept'>;
  readonly readings: TimedReadings;
  readonly database: DatabaseAvailability;
  readonly logger: Logger;
  readonly tail: LogTail;
  readonly beforeReading: () => Promise<void>;
  /** The stream has everything that the tail has read: it gets what the tail reads from now on. Called in the same turn as that is checked. */
  readonly onJoined: (stream: EventStream) => void;
}

/** Brings streams that begin before the tail up to it: page by page, as fast as each client reads. */
export class CatchUp {
  private readonly readings = new Turns(READINGS);
  private readonly pages = new Turns(PAGES);

  constructor(private readonly options: CatchUpOptions) {}

  /** Ends when the stream has joined the tail or has ended. Never rejects. The streams of one key share the limit for a key. */
  async bring(stream: EventStream, key: string): Promise<void> {
    while (stream.isOpen) {
      try {
        if (this.join(stream)) {
          return;
        }
        await this.step(stream, key);
      } catch (error) {
        await this.fail(stream, error);
      }
    }
  }

  /** Whether the stream has joined the tail. */
  private join(stream: EventStream): boolean {
    const recent = this.options.tail.recent;
    if (!recent?.covers(stream.position)) {
      return false;
    }
    const missing = recent.after(stream.position, EVENTS_TO_JOIN + 1);
    if (missing.length > EVENTS_TO_JOIN) {
      return false;
    }
    stream.sendPassing(missing, OWN_ROUND);
    this.options.onJoined(stream);
    return true;
  }

  /** Sends a page, as fast as the client takes it. */
  private async step(stream: EventStream, key: string): Promise<void> {
    const { tail, readings, beforeReading } = this.options;
    await readings.run(beforeReading);
    const { recent } = tail;
    if (recent?.covers(stream.position)) {
      stream.sendPassing(recent.after(stream.position, EVENTS_PER_PAGE), OWN_ROUND);
      await stream.drained();
    } else {
      await this.pages.run(key, async () => {
        await this.readings.run(key, () => this.readPage(stream));
        await stream.drained();
      });
    }
  }

  private async readPage(stream: EventStream): Promise<void> {
    const { repository, readings, tail } = this.options;
    if (!stream.isOpen) {
      return;
    }
    const { position } = stream;
    const end = tail.recent?.end;
    const { rows, hasMore } = await readings.run(() => repository.readAfter(position, EVENTS_PER_PAGE));
    // Behind the reading: of what was deleted before it, something is missing in it.
    await readings.run(() => repository.requireKept(position));
    const events = streamEventsOf(rows);
    stream.sendPassing(events, OWN_ROUND);
    if (end && !hasMore && events.length === rows.length) {
      // What the tail had read before could be read here too.
      stream.pass(end);
    }
  }

  private async fail(stream: EventStream, error: unknown): Promise<void> {
    const { database, logger } = this.options;
    if (error instanceof CursorExpiredError) {
      // The client connects again and gets 410.
      stream.close('expired');
    } else if (isDatabaseUnavailable(error)) {
      database.logFailure(logger, 'The event log could not be read for a stream', error);
      await delay(RETRY_MS * (1 + Math.random()), undefined, { ref: false });
    } else {
      logger.error(error);
      stream.close('error');
    }
  }
}
