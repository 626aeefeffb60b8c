import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Pool } from 'pg';
import { DataSource } from 'typeorm';
import { DatabaseSettings } from '../config/settings.js';
import { CachedReading } from '../observability/cached-reading.js';
import { MetricsRegistry } from '../observability/metrics-registry.js';

/** Whether there are connections enough, and whether the server answers. */
@Injectable()
export class PoolMetrics implements OnModuleInit {
  private readonly answer = new CachedReading(() => this.dataSource.query<unknown>('select 1'));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: DatabaseSettings,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const pool = (this.dataSource.driver as unknown as { master: Pool }).master;
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
      { name: 'iot_broker_database_up', help: '1 when PostgreSQL answered the pool within two seconds, else 0.' },
      async () => ((await this.answer.get()) === null ? 0 : 1),
    );
  }
}
