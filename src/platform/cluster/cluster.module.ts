import { Global, Module } from '@nestjs/common';
import { ClusterMembership, ClusterMetrics, Instance } from './cluster-membership.js';
import { InstanceChannel } from './instance-channel.js';
import { InstancesRepository } from './instances.repository.js';

/** This process among the other gateways on the same database. */
@Global()
@Module({
  providers: [Instance, ClusterMembership, ClusterMetrics, InstanceChannel, InstancesRepository],
  exports: [Instance, ClusterMembership, InstanceChannel, InstancesRepository],
})
export class ClusterModule {}
