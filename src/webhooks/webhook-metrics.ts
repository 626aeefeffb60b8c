import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CachedReading, MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';

/** Counting a long backlog reads every row of it: scrapes within this time share one reading. */
const MAX_AGE_MS = 15_000;
const PATIENCE_MS = 2_000;

/** Gauges of the events that wait for the host. No samples while the database cannot be read. */
@Injectable()
export class WebhookMetrics implements OnModuleInit {
  private readonly backlog = new CachedReading(() => this.repository.backlog(), {
    maxAgeMs: MAX_AGE_MS,
    patienceMs: PATIENCE_MS,
  });

  constructor(
    private readonly repository: WebhookEventsRepository,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      { name: 'iot_broker_webhook_backlog', help: 'Cluster: events waiting for delivery to the host.' },
      async () => (await this.backlog.get())?.pending ?? null,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_webhook_oldest_age_seconds',
        help: 'Cluster: age of the oldest of them.',
      },
      async () => {
        const backlog = await this.backlog.get();
        return backlog && (backlog.oldestAgeSeconds ?? 0);
      },
    );
    this.metrics.gauge(
      { name: 'iot_broker_webhook_dead_events', help: 'Cluster: events whose delivery was given up.' },
      async () => (await this.backlog.get())?.dead ?? null,
    );
  }
}
