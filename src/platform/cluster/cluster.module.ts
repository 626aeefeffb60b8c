import { Global, Module } from '@nestjs/common';
import { ClusterMembership } from './cluster-membership.js';
import { ClusterMetrics } from './cluster-metrics.js';
import { Instance } from './instance.js';
import { InstanceChannel } from './instance-channel.js';
import { InstancesRepository } from './instances.repository.js';

/** This process among the other gateways on the same database. */
@Global()
@Module({
  providers: [Instance, ClusterMembership, ClusterMetrics, InstanceChannel, InstancesRepository],
  exports: [Instance, ClusterMembership, InstanceChannel, InstancesRepository],
})
export class ClusterModule {}
