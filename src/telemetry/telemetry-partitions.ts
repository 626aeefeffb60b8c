import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { TelemetrySettings } from '../platform/config/settings.js';
import { dateOf, dayOf, NEWEST_DAYS_AHEAD, OLDEST_DAYS_BACK } from './clock-window.js';
import { IngestCounters } from './ingest-counters.js';
import { PartitionsRepository } from './partitions.repository.js';

/**
 * One partition of the telemetry table a day of device time: made ahead by the hour and on demand by the writer, dropped
 * whole when its retention is over. Days outside the window never get one, so a device whose clock lies can neither make
 * partitions without end nor stand in the way of a later day's.
 */
@Injectable()
export class TelemetryPartitions implements OnApplicationBootstrap {
  private readonly logger = new Logger(TelemetryPartitions.name);
  /** Days known to have a partition. Another instance may drop one, but only outside the window. */
  private readonly known = new Set<number>();

  constructor(
    private readonly settings: TelemetrySettings,
    private readonly repository: PartitionsRepository,
    private readonly counters: IngestCounters,
  ) {}

  /** A start without partitions would be slow, not wrong: the writer makes what it needs. */
  async onApplicationBootstrap(): Promise<void> {
    await this.maintain();
  }

  /** Makes sure that every day inside the window has its partition before its rows are written. */
  async ensure(days: Iterable<number>): Promise<void> {
    const today = dayOf(Date.now());
    for (const day of days) {
      if (!this.known.has(day) && this.isInWindow(day, today)) {
        if (await this.repository.create(day)) {
          this.counters.partitionsMade++;
          this.logger.log(`Made the partition of ${dateOf(day)}`);
        }
        this.known.add(day);
      }
    }
  }

  /** Hourly: tomorrow's partitions before tomorrow, and an end to what has been kept long enough. */
  @Cron(CronExpression.EVERY_HOUR, { waitForCompletion: true })
  async maintain(): Promise<void> {
    try {
      const today = dayOf(Date.now());
      await this.ensure([today - 1, today, today + 1, today + NEWEST_DAYS_AHEAD]);
      await this.dropExpired(today);
    } catch (error) {
      this.logger.error(`Partitions could not be maintained, next try in an hour: ${String(error)}`);
    }
  }

  private async dropExpired(today: number): Promise<void> {
    const { TELEMETRY_RETENTION_DAYS: keepDays } = this.settings;
    if (keepDays === 0) {
      return;
    }
    for (const day of await this.repository.findBefore(today - keepDays)) {
      await this.repository.drop(day);
      this.known.delete(day);
      this.counters.partitionsDropped++;
      this.logger.log(`Dropped the partition of ${dateOf(day)}: older than ${keepDays} days`);
    }
    await this.repository.deleteExpiredStrays(keepDays);
  }

  private isInWindow(day: number, today: number): boolean {
    const { TELEMETRY_RETENTION_DAYS: keepDays } = this.settings;
    const daysBack = keepDays === 0 ? OLDEST_DAYS_BACK : Math.min(OLDEST_DAYS_BACK, keepDays);
    return day >= today - daysBack && day <= today + NEWEST_DAYS_AHEAD;
  }
}
