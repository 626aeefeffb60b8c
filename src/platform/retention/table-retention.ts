import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { type QueryRunner } from 'typeorm';
import { DatabaseAvailability } from '../database/database-availability.js';
import { Periodic } from '../scheduling/periodic-tasks.js';
import { BoundedTable, type DeletionCause, type TableBounds } from './bounded-table.js';
import { type DeleteSome, TableRetentionRepository } from './table-retention.repository.js';
import { CachedReading, MetricsRegistry } from '../observability/metrics-registry.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { HOUR_MS } from '../time-units.js';

const ENFORCE_EVERY_MS = 10_000;
const EXPIRE_EVERY_MS = HOUR_MS;
/** Rows of one delete statement, so that none holds its locks for long. */
const ROWS_PER_STATEMENT = 5_000;
const DEVICES_PER_STATEMENT = 500;

/**
 * Keeps tables within their bounds: rows older than the retention, rows above the limit of one device and rows above the limit of the table are
 * deleted in small batches, the oldest first. Features register their tables; one instance at a time works on a table.
 */
@Injectable()
export class TableRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TableRetention.name);
  private readonly registered: BoundedTable[] = [];
  private running: Promise<void> | null = null;
  private expiredAt = -Infinity;
  private isStopping = false;

  constructor(
    private readonly repository: TableRetentionRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  get tables(): readonly BoundedTable[] {
    return this.registered;
  }

  /** To be called by a provider's constructor. */
  register(bounds: TableBounds): BoundedTable {
    const table = new BoundedTable(bounds);
    this.registered.push(table);
    return table;
  }

  onApplicationBootstrap(): void {
    void this.enforce();
  }

  /** Waits for the statement that is running; the next instance or the next start does the rest. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  /** Never rejects. */
  @Periodic({ everyMs: ENFORCE_EVERY_MS, failure: 'The bounds of tables could not be enforced' })
  async enforce(): Promise<void> {
    this.running ??= this.enforceAll().finally(() => (this.running = null));
    await this.running;
  }

  private async enforceAll(): Promise<void> {
    const nowMs = performance.now();
    const isExpiryDue = nowMs - this.expiredAt >= EXPIRE_EVERY_MS;
    this.expiredAt = isExpiryDue ? nowMs : this.expiredAt;
    for (const table of this.registered) {
      const imeis = table.takeGrownDevices();
      try {
        await this.enforceTable(table, imeis, isExpiryDue);
      } catch (error) {
        imeis.forEach((imei) => table.noteRows(imei, 0));
        if (!this.isStopping) {
          this.database.logFailure(
            this.logger,
            `The bounds of ${table.bounds.table} could not be enforced, retried later`,
            error,
          );
        }
      }
    }
  }

  private async enforceTable(table: BoundedTable, imeis: readonly string[], isExpiryDue: boolean): Promise<void> {
    const { bounds } = table;
    const expires = isExpiryDue && bounds.retentionDays > 0;
    const counts = table.shouldCount(performance.now());
    if (this.isStopping || (imeis.length === 0 && !expires && !counts)) {
      return;
    }
    const isMine = await this.repository.withTableLock(bounds.table, async (queryRunner) => {
      if (expires) {
        const deleteSome = (limit: number) => this.repository.deleteExpired(queryRunner, bounds, limit);
        await this.deleteRows(table, 'retention', Infinity, deleteSome);
      }
      await this.trimDevices(table, queryRunner, imeis);
      if (counts) {
        await this.deleteExcess(table, queryRunner);
        table.noteCounted(performance.now());
      }
    });
    if (!isMine) {
      // The other instance does not know which devices have grown here.
      imeis.forEach((imei) => table.noteRows(imei, 0));
    }
  }

  private async trimDevices(table: BoundedTable, queryRunner: QueryRunner, imeis: readonly string[]): Promise<void> {
    for (let first = 0; first < imeis.length && !this.isStopping; first += DEVICES_PER_STATEMENT) {
      const some = imeis.slice(first, first + DEVICES_PER_STATEMENT);
      const count = await this.repository.trimDevices(queryRunner, table.bounds, some);
      this.note(table, 'device_limit', count);
    }
  }

  private async deleteExcess(table: BoundedTable, queryRunner: QueryRunner): Promise<void> {
    const { bounds } = table;
    let excess = (await this.repository.countRows(queryRunner, bounds)) - (bounds.maxRows ?? Infinity);
    for (const condition of [bounds.expendable, 'true']) {
      if (excess > 0 && condition !== undefined) {
        const deleteSome = await this.repository.oldestRows(queryRunner, bounds, excess, condition);
        excess -= await this.deleteRows(table, 'table_limit', excess, deleteSome);
      }
    }
  }

  /** Returns how many rows were deleted: fewer than `count` when no more match. */
  private async deleteRows(table: BoundedTable, cause: DeletionCause, count: number, deleteSome: DeleteSome): Promise<number> {
    let total = 0;
    while (total < count && !this.isStopping) {
      const limit = Math.min(ROWS_PER_STATEMENT, count - total);
      const deleted = await deleteSome(limit);
      total += deleted;
      if (deleted < limit) {
        break;
      }
    }
    this.note(table, cause, total);
    return total;
  }

  private note({ deleted, bounds }: BoundedTable, cause: DeletionCause, count: number): void {
    deleted[cause] += count;
    if (count > 0 && cause === 'table_limit') {
      this.logger.warn(`${bounds.table} is full (${bounds.maxRows} rows): deleted its ${count} oldest rows`);
    }
  }
}

const MAX_AGE_MS = 15_000;
const PATIENCE_MS = 2_000;

/** Size of the bounded tables, and what their bounds have deleted, at /metrics. */
@Injectable()
export class RetentionMetrics implements OnModuleInit {
  private readonly bytes = new CachedReading(() => this.repository.readBytes(this.tableNames), {
    maxAgeMs: MAX_AGE_MS,
    patienceMs: PATIENCE_MS,
  });

  constructor(
    private readonly retention: TableRetention,
    private readonly repository: TableRetentionRepository,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.counter(
      {
        name: 'iot_broker_rows_deleted_total',
        help: 'Rows this instance deleted to keep a `table` within its bounds, `cause`: `retention`, `device_limit`, `table_limit`; see bounds of tables.',
        labelNames: ['table', 'cause'],
      },
      () =>
        this.retention.tables.flatMap(({ bounds: { table }, deleted }) =>
          Object.entries(deleted).map(([cause, count]) => [{ table, cause }, count] as const),
        ),
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_table_bytes',
        help: 'Cluster: size on disk of each bounded `table`, indexes included.',
        labelNames: ['table'],
      },
      async () => [...((await this.bytes.get()) ?? [])].map(([table, bytes]) => [{ table }, bytes] as const),
    );
  }

  private get tableNames(): string[] {
    return this.retention.tables.map(({ bounds }) => bounds.table);
  }
}

/** Deletes rows that tables need not keep. */
@Module({
  imports: [ObservabilityModule],
  providers: [RetentionMetrics, TableRetention, TableRetentionRepository],
  exports: [TableRetention],
})
export class RetentionModule {}
