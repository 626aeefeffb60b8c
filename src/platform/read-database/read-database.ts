import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { sqlState } from '../database/database-errors.js';
import { clientOf } from '../database/driver-statements.js';
import { DomainError } from '../errors/errors.js';
import { MetricsRegistry } from '../observability/metrics-registry.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { ReadMarkerRow } from './read-marker.entity.js';
import { ReadMarkers, type StandbyAnswer } from './read-markers.js';
import { Standby, type StandbyState } from './standby.js';

/** One snapshot for all statements of a read, so that the marker it shows says how old they all are. */
const BEGIN = 'begin isolation level repeatable read read only';
const QUERY_CANCELED = '57014';
/** PostgreSQL has one code for all that cancels a statement. */
const RECOVERY_CONFLICT = /conflict with recovery/;

/** Why a read that was for the standby was done by the primary. */
type FallbackReason = Exclude<StandbyState, 'used'> | 'failed';

/** Says that a read on the standby does not count. */
class UnfitStandbyError extends Error {
  override readonly name = 'UnfitStandbyError';

  constructor(readonly state: Exclude<StandbyState, 'used'>) {
    super(`the standby is ${state}`);
  }
}

/**
 * Reads that may be up to DATABASE_READ_MAX_LAG_SECONDS old: on the standby of DATABASE_READ_URL where there is one, else on the primary. What must see
 * the caller's own writes does not belong here.
 */
@Injectable()
export class ReadDatabase {
  readonly reads = { standby: 0, primary: 0 };
  readonly fallbacks: Record<FallbackReason, number> = { unavailable: 0, lagging: 0, promoted: 0, failed: 0 };

  constructor(
    @InjectDataSource() private readonly primary: DataSource,
    private readonly standby: Standby,
  ) {}

  /**
   * Runs the work on the standby, and once more on the primary when the standby fails, is behind, or is promoted meanwhile: the work must only read, and
   * have no effect until it returns. Its statements use the manager, which has one transaction on the standby and is that of the pool on the primary
   * (`PreparedStatement.runWith` takes both). Rejects like a statement on the primary.
   */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { dataSource, isConfigured, state } = this.standby;
    if (dataSource) {
      try {
        const result = await this.readStandby(dataSource, work);
        this.reads.standby++;
        return result;
      } catch (error) {
        if (!isFaultOfStandby(error)) {
          throw error;
        }
        this.fallbacks[error instanceof UnfitStandbyError ? error.state : 'failed']++;
      }
    } else if (isConfigured && state !== 'used') {
      this.fallbacks[state]++;
    }
    this.reads.primary++;
    // Without a connection of its own: a work that also uses the pool could wait for itself.
    return work(this.primary.manager);
  }

  private async readStandby<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const queryRunner = dataSource.createQueryRunner();
    const client = await clientOf(queryRunner);
    try {
      const sentAtMs = performance.now();
      // Not awaited before the first statement of the work is sent: that one fails too when this one does. Both end before the connection is released.
      const [begun, worked] = await Promise.allSettled([client.query(BEGIN), work(queryRunner.manager)]);
      if (begun.status === 'rejected') {
        throw begun.reason;
      }
      if (worked.status === 'rejected') {
        throw worked.reason;
      }
      // Two statements have two results.
      const [answer] = (await client.query(`${this.standby.sql}; commit`)) as unknown as [{ rows: StandbyAnswer[] }];
      this.requireFit(answer.rows[0], sentAtMs);
      return worked.value;
    } catch (error) {
      // Nothing to roll back when the connection is lost, or after the commit.
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      await queryRunner.release();
    }
  }

  /** @param sentAtMs before the snapshot was taken: the time that the read takes does not make the standby late. */
  private requireFit(answer: StandbyAnswer | undefined, sentAtMs: number): void {
    const { state } = this.standby.judge(answer ?? { isStandby: false, marker: null }, sentAtMs);
    if (state !== 'used') {
      throw new UnfitStandbyError(state);
    }
  }
}

/** Everything that the primary may do better. A statement that has been cancelled for its duration would only take as long again. */
function isFaultOfStandby(error: unknown): boolean {
  const isCancelled = sqlState(error) === QUERY_CANCELED && !RECOVERY_CONFLICT.test(String(error));
  return !(error instanceof DomainError) && !isCancelled;
}

/** Which server reads, and how far the standby is behind. */
@Injectable()
class ReadMetrics implements OnModuleInit {
  constructor(
    private readonly database: ReadDatabase,
    private readonly standby: Standby,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { database, standby, metrics } = this;
    metrics.counter(
      {
        name: 'iot_broker_database_reads_total',
        help: 'Reads of history and of many devices, by the `server` that answered: `standby`, `primary`.',
        labelNames: ['server'],
      },
      () => Object.entries(database.reads).map(([server, count]) => [{ server }, count] as const),
    );
    metrics.counter(
      {
        name: 'iot_broker_database_read_fallbacks_total',
        help: 'Reads that the primary answered although a standby is configured, `reason`: `unavailable`, `lagging`, `promoted`, `failed`; see reads from a standby.',
        labelNames: ['reason'],
      },
      () => Object.entries(database.fallbacks).map(([reason, count]) => [{ reason }, count] as const),
    );
    metrics.gauge(
      {
        name: 'iot_broker_database_standby_used',
        help: '1 while reads use the standby of `DATABASE_READ_URL`, else 0; no sample without `DATABASE_READ_URL`.',
      },
      () => (standby.isConfigured ? Number(standby.state === 'used') : null),
    );
    metrics.gauge(
      {
        name: 'iot_broker_database_standby_lag_seconds',
        help: 'Age of the state of the primary that the standby shows, up to a second more; no sample while it is not known.',
      },
      () => (Number.isFinite(standby.lagSeconds) ? standby.lagSeconds : null),
    );
  }
}

@Module({
  imports: [ObservabilityModule, TypeOrmModule.forFeature([ReadMarkerRow])],
  providers: [ReadDatabase, ReadMarkers, ReadMetrics, Standby],
  exports: [ReadDatabase],
})
export class ReadDatabaseModule {}
