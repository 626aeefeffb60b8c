import { Injectable, Logger } from '@nestjs/common';
import { EventSettings } from './events.settings.js';
import { countOf } from '../platform/observability/log-text.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { BEGINNING } from './event-cursor.js';
import { EventsRepository } from './events.repository.js';
import { HOUR_MS } from '../platform/time-units.js';

/** Dead events can be replayed for at least this long. */
const DEAD_DAYS = 30;
const EVENTS_PER_STEP = 2_000;

/** Deletes events with their attempts once they are older than the feed and the list of deliveries keep them. */
@Injectable()
export class EventRetention {
  private readonly logger = new Logger(EventRetention.name);
  private readonly keepDays: number;

  constructor(
    private readonly repository: EventsRepository,
    { EVENT_RETENTION_DAYS, WEBHOOK_RETENTION_DAYS }: EventSettings,
  ) {
    this.keepDays = Math.max(EVENT_RETENTION_DAYS, WEBHOOK_RETENTION_DAYS);
  }

  /** In small steps: no delete holds its locks for long. */
  @Periodic({ everyMs: HOUR_MS, failure: 'Expired events could not be removed' })
  async removeExpired(): Promise<void> {
    let removed = 0;
    const keepDeadDays = Math.max(DEAD_DAYS, this.keepDays);
    let step = await this.repository.removeExpired(BEGINNING, this.keepDays, keepDeadDays, EVENTS_PER_STEP);
    while (step) {
      removed += step.removed;
      step = step.goesOn ? await this.repository.removeExpired(step, this.keepDays, keepDeadDays, EVENTS_PER_STEP) : null;
    }
    if (removed > 0) {
      this.logger.log(`Removed ${countOf(removed, 'event')} older than ${countOf(this.keepDays, 'day')}`);
    }
  }
}
