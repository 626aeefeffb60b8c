import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CachedReading } from '../platform/observability/cached-reading.js';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';

/** A long backlog is counted row by row: not for every scraper anew. */
const MAX_AGE_MS = 15_000;
const PATIENCE_MS = 2_000;

interface WebhookBacklog {
  readonly pending: number;
  readonly oldestAgeSeconds: number;
  readonly dead: number;
}

/** What the host application has not been told yet. No samples where the database has no deliveries. */
@Injectable()
export class WebhookMetrics implements OnModuleInit {
  private readonly backlog = new CachedReading(() => this.read(), { maxAgeMs: MAX_AGE_MS, patienceMs: PATIENCE_MS });

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      { name: 'iot_broker_webhook_backlog', help: 'Events of the whole cluster that the host has not been told yet.' },
      async () => (await this.backlog.get())?.pending ?? null,
    );
    this.metrics.gauge(
      { name: 'iot_broker_webhook_oldest_age_seconds', help: 'Age of the oldest of these events, 0 when there is none.' },
      async () => (await this.backlog.get())?.oldestAgeSeconds ?? null,
    );
    this.metrics.gauge(
      { name: 'iot_broker_webhook_dead_events', help: 'Events that were given up; a replay brings them back.' },
      async () => (await this.backlog.get())?.dead ?? null,
    );
  }

  /** Asked for the tables first: a statement that names one which is not there fails as a whole. */
  private async read(): Promise<WebhookBacklog | null> {
    const [{ isThere }] = await this.dataSource.query<[{ isThere: boolean }]>(
      `select to_regclass('tbl_iot_deliveries') is not null and to_regclass('tbl_iot_events') is not null as "isThere"`,
    );
    if (!isThere) {
      return null;
    }
    const [backlog] = await this.dataSource.query<[WebhookBacklog]>(
      `select (select count(*)::int from tbl_iot_deliveries) as pending,
              coalesce((select extract(epoch from now() - min(event.occurred_at))::float8
                          from tbl_iot_deliveries delivery join tbl_iot_events event using (imei, sequence)), 0) as "oldestAgeSeconds",
              (select count(*)::int from tbl_iot_events where dead_at is not null) as dead`,
    );
    return backlog;
  }
}
