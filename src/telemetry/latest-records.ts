import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { LatestRecordsRepository } from './latest-records.repository.js';

const REFRESH_EVERY_MS = 10_000;
const DEVICES_AT_A_TIME = 500;

/**
 * Keeps `tbl_iot_telemetry_latest` near the truth, off the ingest path. Readers look at the table of records from that
 * point on, so what is missing here (a few seconds, or what a crash forgot) costs them a little time and never an answer.
 */
@Injectable()
export class LatestRecords {
  private readonly logger = new Logger(LatestRecords.name);
  private readonly touched = new Set<string>();
  private refreshing = false;

  constructor(
    private readonly repository: LatestRecordsRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  /** New records of this device are in the table. */
  touch(imei: string): void {
    this.touched.add(imei);
  }

  @Interval(REFRESH_EVERY_MS)
  async refresh(): Promise<void> {
    if (this.refreshing) {
      return;
    }
    this.refreshing = true;
    try {
      // Only those waiting now: a fleet that never pauses must not keep this loop from ending.
      const imeis = [...this.touched];
      this.touched.clear();
      for (let start = 0; start < imeis.length; start += DEVICES_AT_A_TIME) {
        await this.refreshSome(imeis.slice(start, start + DEVICES_AT_A_TIME));
      }
    } finally {
      this.refreshing = false;
    }
  }

  private async refreshSome(imeis: readonly string[]): Promise<void> {
    try {
      await this.repository.refresh(imeis);
    } catch (error) {
      imeis.forEach((imei) => this.touched.add(imei));
      const next = `next try in ${REFRESH_EVERY_MS / 1000} s`;
      this.database.logFailure(this.logger, `The latest records could not be refreshed, ${next}`, error);
    }
  }
}
