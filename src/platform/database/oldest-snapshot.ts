import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CachedReading, MetricsRegistry } from '../observability/metrics-registry.js';

/** What keeps VACUUM from removing rows that died since. */
interface OldestSnapshot {
  readonly seconds: number;
  readonly transactions: number;
}

/** Prepared transactions are in the list of their own: no process holds them. Replication slots have an age in transactions only. */
const OLDEST_SNAPSHOT = `
  select coalesce(max(extract(epoch from clock_timestamp() - since)), 0)::float8 as seconds, coalesce(max(age(horizon)), 0)::float8 as transactions
    from (
      select xact_start as since, backend_xmin as horizon from pg_stat_activity
       where backend_xmin is not null and backend_type <> 'autovacuum worker' and pid <> pg_backend_pid()
      union all
      select prepared, transaction from pg_prepared_xacts
      union all
      select null, xmin from pg_replication_slots where xmin is not null
    ) holders`;

/**
 * Metrics of the oldest snapshot on the server, of any client. While it is held, dead rows and their index entries stay in every table, and what
 * is updated often becomes slower to read.
 */
@Injectable()
export class OldestSnapshotMetrics implements OnModuleInit {
  private readonly oldest = new CachedReading(async () => (await this.dataSource.query<OldestSnapshot[]>(OLDEST_SNAPSHOT))[0]);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_oldest_snapshot_seconds',
        help: 'Age of the oldest transaction on the server, of any client, that keeps dead rows from being removed; 0 when there is none. Transactions of other users are known only with `pg_read_all_stats`.',
      },
      async () => (await this.oldest.get())?.seconds ?? null,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_oldest_snapshot_transactions',
        help: 'The same in transactions, replication slots included.',
      },
      async () => (await this.oldest.get())?.transactions ?? null,
    );
  }
}
