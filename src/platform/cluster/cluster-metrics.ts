import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CachedReading } from '../observability/cached-reading.js';
import { MetricsRegistry } from '../observability/metrics-registry.js';
import { ClusterMembership } from './cluster-membership.js';
import { InstancesRepository } from './instances.repository.js';

/** How this instance stands with the others. */
@Injectable()
export class ClusterMetrics implements OnModuleInit {
  private readonly instances = new CachedReading(() => this.repository.list());

  constructor(
    private readonly membership: ClusterMembership,
    private readonly repository: InstancesRepository,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_instance_member',
        help: '1 while this instance may act for devices, 0 while it is apart from the cluster.',
      },
      () => (this.membership.isMember ? 1 : 0),
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_instance_heartbeat_age_seconds',
        help: 'Time since the last heartbeat of this instance that was written.',
      },
      () => this.membership.secondsSinceBeat,
    );
    this.metrics.gauge(
      { name: 'iot_broker_instances', help: 'Instances that are alive, as the database knows them. The same on every instance.' },
      async () => (await this.instances.get())?.length ?? null,
    );
  }
}
