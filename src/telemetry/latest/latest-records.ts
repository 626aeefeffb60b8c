import { Injectable, Logger } from '@nestjs/common';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { dayOf, NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { LatestRecordsRepository } from './latest-records.repository.js';

const REFRESH_EVERY_MS = 10_000;
const DEVICES_PER_STATEMENT = 500;

/**
 * Refreshes `tbl_iot_telemetry_latest` in the background, outside the ingest path. Readers read the table of records from that
 * point on, so an entry that is missing or stale (for a few seconds, or after a crash) makes them slower but never wrong.
 */
@Injectable()
export class LatestRecords {
  private readonly logger = new Logger(LatestRecords.name);
  /** Devices by the day of their newest record that has arrived. */
  private touched = new Map<number, Set<string>>();

  constructor(
    private readonly repository: LatestRecordsRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  /**
   * New records of this device are in the table. Only the newest day that may be the latest one counts, and the one before it when that day is
   * not over by then: its later half is too far ahead.
   */
  touch(imei: string, days: readonly number[]): void {
    const newestAllowed = dayOf(Date.now()) + NEWEST_DAYS_AHEAD;
    const allowed = days.filter((day) => day <= newestAllowed);
    const newest = Math.max(...allowed);
    this.add(imei, newest);
    if (newest === newestAllowed) {
      this.add(imei, Math.max(...allowed.filter((day) => day < newestAllowed)));
    }
  }

  private add(imei: string, day: number): void {
    if (Number.isFinite(day)) {
      const devices = this.touched.get(day) ?? new Set();
      this.touched.set(day, devices.add(imei));
    }
  }

  @Periodic({ everyMs: REFRESH_EVERY_MS, failure: 'The newest records could not be refreshed' })
  async refresh(): Promise<void> {
    // Only the devices that wait now: steady traffic must not keep this loop from ending.
    const { touched } = this;
    this.touched = new Map();
    for (const [day, devices] of touched) {
      const imeis = [...devices];
      for (let start = 0; start < imeis.length; start += DEVICES_PER_STATEMENT) {
        await this.refreshSome(day, imeis.slice(start, start + DEVICES_PER_STATEMENT));
      }
    }
  }

  private async refreshSome(day: number, imeis: readonly string[]): Promise<void> {
    try {
      await this.repository.refresh(day, imeis);
    } catch (error) {
      imeis.forEach((imei) => this.add(imei, day));
      const next = `next try in ${REFRESH_EVERY_MS / 1000} s`;
      this.database.logFailure(this.logger, `The latest records could not be refreshed, ${next}`, error);
    }
  }
}
