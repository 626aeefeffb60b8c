import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DatabaseSettings } from '../config/settings.js';
import { CachedReading } from '../observability/cached-reading.js';
import { MetricsRegistry } from '../observability/metrics-registry.js';
import { DatabaseAvailability } from './database-availability.js';
import { PoolCheck } from './pool-check.js';
import { type DatabaseState } from './server-probe.js';

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
        help: 'Connections of the pool to PostgreSQL, by state (busy, idle).',
        labelNames: ['state'],
      },
      () => [
        [{ state: 'busy' }, pool.totalCount - pool.idleCount],
        [{ state: 'idle' }, pool.idleCount],
      ],
    );
    this.metrics.gauge(
      { name: 'iot_broker_database_pool_waiting', help: 'Statements that wait for a connection of the pool.' },
      () => pool.waitingCount,
    );
    this.metrics.gauge(
      { name: 'iot_broker_database_pool_max_connections', help: 'Most connections the pool may open (DATABASE_POOL_SIZE).' },
      () => this.settings.DATABASE_POOL_SIZE,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_database_up',
        help: '1 when PostgreSQL answered the pool within two seconds and accepts writes, else 0.',
      },
      async () => ((await this.state()) === 'available' ? 1 : 0),
    );
    this.metrics.gauge(
      { name: 'iot_broker_database_read_only', help: '1 while the server that DATABASE_URL leads to accepts no writes, else 0.' },
      async () => ((await this.state()) === 'read-only' ? 1 : 0),
    );
  }

  /** An outage that is known is shown at once, one that nothing has noticed yet after the next reading. */
  private async state(): Promise<DatabaseState> {
    const { state } = this.availability;
    return state === 'available' ? ((await this.answer.get()) ?? 'away') : state;
  }
}
