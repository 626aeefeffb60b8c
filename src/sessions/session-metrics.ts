import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { CachedReading, MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { SessionsRepository } from './sessions.repository.js';

/** Registers the number of sessions in the database as a metric. */
@Injectable()
export class SessionMetrics implements OnModuleInit {
  private readonly counts = new CachedReading(() => this.repository.countByInstance());

  constructor(
    private readonly repository: SessionsRepository,
    private readonly instance: Instance,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_sessions',
        help: 'Sessions in the database, `holder`: `own` or `other`; `own` differs from `iot_broker_devices_connected` for a moment only.',
        labelNames: ['holder'],
      },
      async () => {
        const counts = await this.counts.get();
        const own = counts?.get(this.instance.id) ?? 0;
        const all = [...(counts?.values() ?? [])].reduce((sum, count) => sum + count, 0);
        return (
          counts && [
            [{ holder: 'own' }, own],
            [{ holder: 'other' }, all - own],
          ]
        );
      },
    );
  }
}
