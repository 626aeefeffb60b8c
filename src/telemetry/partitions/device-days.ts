import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type DayRange } from '../../platform/database/day-windows.js';
import { DeviceDaysRepository } from './device-days.repository.js';
import { TelemetryPartitions } from './telemetry-partitions.js';

/** Maximum number of cached pairs of device and day. Beyond it the cache is emptied. */
const MAX_REMEMBERED = 200_000;

/** The days of the device times of some records: of all, and for each device. */
export interface DaysOfRecords {
  readonly days: ReadonlySet<number>;
  readonly frames: readonly { readonly imei: string; readonly days: readonly number[] }[];
}

/** Stores the days of which a device has records, before the records themselves. Reads open the partitions of those days only. */
@Injectable()
export class DeviceDays {
  /** Devices by day, as committed in the table. The table never removes a day from a device. */
  private readonly remembered = new Map<number, Set<string>>();
  private count = 0;

  constructor(
    private readonly repository: DeviceDaysRepository,
    private readonly partitions: TelemetryPartitions,
  ) {}

  /** To be awaited before the records are committed. Costs a statement only when a device has a new day. */
  async add(records: DaysOfRecords): Promise<void> {
    this.partitions.note(records.days);
    const [imeis, days]: [string[], number[]] = [[], []];
    for (const frame of records.frames) {
      for (const day of frame.days) {
        if (!this.remembered.get(day)?.has(frame.imei) && this.partitions.mayHavePartition(day)) {
          imeis.push(frame.imei);
          days.push(day);
        }
      }
    }
    if (imeis.length > 0) {
      await this.repository.add(imeis, days);
      imeis.forEach((imei, index) => this.remember(imei, days[index] as number));
    }
  }

  /**
   * Days of which the device may have records in a partition of their own. A device without days here may still have records that were
   * inserted by SQL: for such a device every partition is searched.
   *
   * Always from the primary, also for a page that a standby reads. What is unindexed is known here as the primary has it; a standby that does not have
   * the days of a partition that was indexed a moment ago would leave its records out. The primary has every day that a standby has. It costs one
   * look-up by the primary key for a page.
   */
  async find(imei: string): Promise<readonly DayRange[]> {
    const unindexed = await this.partitions.findUnindexed();
    const found = await this.repository.find(imei);
    return found.length === 0 ? single(this.partitions.knownDays) : [...found, ...single(unindexed)];
  }

  /** Days whose partition is not indexed by device yet: any device may have records of them. */
  findUnindexed(): Promise<readonly number[]> {
    return this.partitions.findUnindexed();
  }

  /** The newest day before `before` of each of these devices that has one. */
  findNewest(
    manager: EntityManager,
    imeis: readonly string[],
    before: number,
  ): Promise<{ readonly imei: string; readonly day: number }[]> {
    return this.repository.findNewest(manager, imeis, before);
  }

  private remember(imei: string, day: number): void {
    if (this.count >= MAX_REMEMBERED) {
      this.remembered.clear();
      this.count = 0;
    }
    const devices = this.remembered.get(day) ?? new Set();
    this.remembered.set(day, devices.add(imei));
    this.count++;
  }
}

function single(days: Iterable<number>): DayRange[] {
  return [...days].map((day) => ({ first: day, last: day }));
}
