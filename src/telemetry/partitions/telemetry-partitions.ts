import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { TelemetrySettings } from '../telemetry.settings.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { isLockTimeout } from '../../platform/database/database-errors.js';
import { describeLockHolder } from './table-locks.repository.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { dateOf, dayOf, NEWEST_DAYS_AHEAD, OLDEST_DAYS_BACK } from '../clock-window.js';
import { IngestCounters } from '../ingest-counters.js';
import { PartitionBlockade } from './partition-blockade.js';
import { type PartitionChange, PartitionsRepository } from './partitions.repository.js';
import { HOUR_MS, MINUTE_MS } from '../../platform/time-units.js';

/** A day that is not around today gets a partition when the default one holds this many of its rows. */
const MIN_ROWS_OF_A_DAY = 100;
/** How soon a new day is checked, and how soon after a blocking transaction has ended the partition is created. */
const CHECK_EVERY_MS = 5_000;
/** How often partitions that are not indexed by device are looked for. */
const INDEX_EVERY_MS = MINUTE_MS;
const SURVEY_EVERY_MS = HOUR_MS;
/** A transaction that holds the table for longer is not waited for. Transactions of the gateways are shorter. */
const LONG_TRANSACTION_SECONDS = 1;
/** Maximum number of checks that are skipped after an attempt that met only short transactions. The number doubles with each attempt. */
const MAX_SKIPPED_CHECKS = 12;

/**
 * One partition of the telemetry table per day of device time, created by this task and never by a writer: a row whose day has no
 * partition goes to the default one, and is moved when the partition is created. The days around today get theirs ahead. Any other day inside the
 * window gets one when enough of its rows have arrived; a day outside the window never does. A partition is dropped when its retention is over.
 *
 * No change waits for a table lock for longer than LOCK_TIMEOUT, because all other statements would queue behind it. It is given up and tried again.
 */
@Injectable()
export class TelemetryPartitions implements OnApplicationBootstrap {
  readonly blockades: Readonly<Record<PartitionChange, PartitionBlockade>> = {
    create: new PartitionBlockade('Records of that day are stored in the default partition until then.'),
    drop: new PartitionBlockade('Expired records are kept until then.'),
  };
  private readonly logger = new Logger(TelemetryPartitions.name);
  /** Days known to have a partition. Another instance may drop one, but only outside the window. */
  private known = new Set<number>();
  /** True at first and every hour, and when records of a day without a partition have been stored. */
  private surveyIsDue = true;
  private dropIsDue = true;
  private unindexed: readonly number[] | null = null;
  private indexIsDue = true;
  private checksToSkip = 0;
  private failedAttempts = 0;

  constructor(
    private readonly settings: TelemetrySettings,
    private readonly repository: PartitionsRepository,
    private readonly counters: IngestCounters,
    private readonly database: DatabaseAvailability,
  ) {}

  /** A start without partitions is slower, not wrong. */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.look();
      await this.createAhead();
    } catch (error) {
      this.database.logFailure(this.logger, 'Partitions could not be created at the start', error);
    }
  }

  /** Days whose partition is not indexed by device yet. */
  async findUnindexed(): Promise<readonly number[]> {
    return this.unindexed ?? this.look();
  }

  /** Days that have a partition, as far as this instance knows. */
  get knownDays(): Iterable<number> {
    return this.known;
  }

  /** False for a day whose records can only be in the default partition. */
  mayHavePartition(day: number): boolean {
    return this.known.has(day) || this.isInWindow(day);
  }

  /** Records of these days are about to be stored. Called for every batch. */
  note(days: Iterable<number>): void {
    for (const day of days) {
      if (!this.known.has(day) && this.isInWindow(day)) {
        this.surveyIsDue = true;
      }
    }
  }

  @Periodic({ everyMs: SURVEY_EVERY_MS, failure: 'Partitions could not be scheduled' })
  scheduleSurvey(): void {
    this.surveyIsDue = true;
    this.dropIsDue = true;
  }

  @Periodic({ everyMs: INDEX_EVERY_MS, failure: 'Partition indexes could not be scheduled' })
  scheduleIndex(): void {
    this.indexIsDue = true;
  }

  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'Partitions could not be maintained' })
  async maintain(): Promise<void> {
    if (this.checksToSkip > 0) {
      this.checksToSkip--;
      return;
    }
    if ((await this.createAhead()) && (await this.createArrived())) {
      this.blockades.create.clear();
    }
    await this.index();
    if (this.dropIsDue && (await this.dropExpired())) {
      this.dropIsDue = false;
      this.blockades.drop.clear();
    }
  }

  /** Reads which partitions exist, and which of them are not indexed by device. */
  private async look(): Promise<readonly number[]> {
    this.known = new Set(await this.repository.findDays());
    this.unindexed = await this.repository.findUnindexed();
    return this.unindexed;
  }

  /** Indexes partitions that are older than the index, or that were attached manually. */
  private async index(): Promise<void> {
    if (!this.indexIsDue) {
      return;
    }
    for (const day of await this.look()) {
      await this.repository.index(day);
    }
    this.unindexed = [];
    this.indexIsDue = false;
  }

  /** Returns false when a change was blocked. */
  private async createAhead(): Promise<boolean> {
    const today = dayOf(Date.now());
    return this.createMissing([today - 1, today, today + 1, today + NEWEST_DAYS_AHEAD]);
  }

  private async createArrived(): Promise<boolean> {
    if (!this.surveyIsDue) {
      return true;
    }
    const today = dayOf(Date.now());
    const days = await this.repository.findDaysInDefault(this.oldestDay(today), today + NEWEST_DAYS_AHEAD + 1, MIN_ROWS_OF_A_DAY);
    const isDone = await this.createMissing(days);
    this.surveyIsDue = !isDone;
    return isDone;
  }

  private async createMissing(days: readonly number[]): Promise<boolean> {
    const missing = days.filter((day) => !this.known.has(day));
    if (missing.length === 0) {
      return true;
    }
    this.known = new Set(await this.repository.findDays());
    for (const day of missing.filter((one) => !this.known.has(one))) {
      if (!(await this.attempt('create', `create the partition of ${dateOf(day)}`, () => this.create(day)))) {
        return false;
      }
    }
    return true;
  }

  private async create(day: number): Promise<boolean> {
    const isMade = await this.repository.create(day);
    if (isMade) {
      this.known.add(day);
      this.counters.partitionsMade++;
      this.logger.log(`Created the partition of ${dateOf(day)}`);
    }
    return isMade;
  }

  private async dropExpired(): Promise<boolean> {
    const { TELEMETRY_RETENTION_DAYS: keepDays } = this.settings;
    if (keepDays === 0) {
      return true;
    }
    const oldest = dayOf(Date.now()) - keepDays;
    for (const day of (await this.repository.findDays()).filter((found) => found < oldest)) {
      if (!(await this.attempt('drop', `drop the partition of ${dateOf(day)}`, () => this.drop(day, keepDays)))) {
        return false;
      }
    }
    await this.repository.deleteExpiredStrays(keepDays);
    return true;
  }

  private async drop(day: number, keepDays: number): Promise<boolean> {
    await this.repository.keepLatest(day);
    const isDropped = await this.repository.drop(day);
    if (isDropped) {
      this.known.delete(day);
      this.counters.partitionsDropped++;
      this.logger.log(`Dropped the partition of ${dateOf(day)}: older than ${keepDays} days`);
    }
    return isDropped;
  }

  /** Checks which transactions hold the table before it requests the lock. Returns false without the lock, or when another instance is changing partitions. */
  private async attempt(kind: PartitionChange, change: string, work: () => Promise<boolean>): Promise<boolean> {
    const [holder] = await this.repository.findHolders(kind, LONG_TRANSACTION_SECONDS);
    if (holder) {
      this.blockades[kind].report(change, describeLockHolder(holder));
      return false;
    }
    try {
      const isDone = await work();
      this.failedAttempts = 0;
      return isDone;
    } catch (error) {
      if (!isLockTimeout(error)) {
        throw error;
      }
      await this.backOff(kind, change);
      return false;
    }
  }

  private async backOff(kind: PartitionChange, change: string): Promise<void> {
    this.checksToSkip = Math.min(2 ** this.failedAttempts - 1, MAX_SKIPPED_CHECKS);
    this.failedAttempts++;
    const [holder] = await this.repository.findHolders('drop', 0);
    if (this.failedAttempts > 1) {
      this.blockades[kind].report(change, holder ? describeLockHolder(holder) : 'transactions that follow each other');
    }
  }

  private isInWindow(day: number): boolean {
    const today = dayOf(Date.now());
    return day >= this.oldestDay(today) && day <= today + NEWEST_DAYS_AHEAD;
  }

  private oldestDay(today: number): number {
    const { TELEMETRY_RETENTION_DAYS: keepDays } = this.settings;
    return today - (keepDays === 0 ? OLDEST_DAYS_BACK : Math.min(OLDEST_DAYS_BACK, keepDays));
  }
}
