import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CachedReading } from '../observability/cached-reading.js';
import { MetricsRegistry } from '../observability/metrics-registry.js';
import { TableRetention } from './table-retention.js';
import { TableRetentionRepository } from './table-retention.repository.js';

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
        help: 'Rows this instance deleted to keep a table within its bounds, by table and cause (retention, device_limit, table_limit).',
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
        help: 'Size on disk of the bounded tables, indexes included.',
        labelNames: ['table'],
      },
      async () => [...((await this.bytes.get()) ?? [])].map(([table, bytes]) => [{ table }, bytes] as const),
    );
  }

  private get tableNames(): string[] {
    return this.retention.tables.map(({ bounds }) => bounds.table);
  }
}
