import { Injectable, type OnModuleInit } from '@nestjs/common';
import { poolOf } from './driver-statements.js';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Pool } from 'pg';
import { DataSource } from 'typeorm';
import { DatabaseAvailability } from './database-availability.js';
import { type DatabaseState, IS_WRITABLE } from './server-probe.js';
import { DatabaseSettings } from '../config/settings.js';
import { CachedReading, MetricsRegistry } from '../observability/metrics-registry.js';

/** Whether statements of the pool can write. */
@Injectable()
export class PoolCheck implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly availability: DatabaseAvailability,
  ) {}

  get pool(): Pool {
    return poolOf(this.dataSource);
  }

  onModuleInit(): void {
    this.availability.connections.watch(this.pool);
  }

  /** Asks the pool, unless the database is known to be unavailable. Rejects when it can't be asked. */
  async run(): Promise<DatabaseState> {
    if (this.availability.state !== 'available') {
      return this.availability.state;
    }
    const [{ isWritable }] = await this.dataSource.query<[{ isWritable: boolean }]>(`select ${IS_WRITABLE} as "isWritable"`);
    if (!isWritable) {
      this.availability.suspectReadOnly();
      return 'read-only';
    }
    return 'available';
  }
}

/** Whether there are connections enough, and whether the server answers and accepts writes. */
@Injectable()
export class PoolMetrics implements OnModuleInit {
  private readonly answer = new CachedReading(() => this.check.run());

  constructor(
    private readonly check: PoolCheck,
    private readonly availability: DatabaseAvailability,
    private readonly settings: DatabaseSettings,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { pool } = this.check;
    this.metrics.gauge(
      {
        name: 'iot_broker_database_pool_connections',
        help: 'Connections of the pool, `state`: `busy`, `idle`.',
        labelNames: ['state'],
      },
      () => [
        [{ state: 'busy' }, pool.totalCount - pool.idleCount],
        [{ state: 'idle' }, pool.idleCount],
      ],
    );
    this.metrics.gauge(
      { name: 'iot_broker_database_pool_waiting', help: 'Statements waiting for a connection.' },
      () => pool.waitingCount,
    );
    this.metrics.gauge(
      { name: 'iot_broker_database_pool_max_connections', help: '`DATABASE_POOL_SIZE`.' },
      () => this.settings.DATABASE_POOL_SIZE,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_database_up',
        help: '1 when the pool got an answer within two seconds and the server accepts writes.',
      },
      async () => ((await this.state()) === 'available' ? 1 : 0),
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_database_read_only',
        help: '1 while the server accepts no writes: a standby, a demoted primary, or `default_transaction_read_only`.',
      },
      async () => ((await this.state()) === 'read-only' ? 1 : 0),
    );
  }

  /** An outage that is known is shown at once, one that nothing has noticed yet after the next reading. */
  private async state(): Promise<DatabaseState> {
    const { state } = this.availability;
    return state === 'available' ? ((await this.answer.get()) ?? 'unavailable') : state;
  }
}
