import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GatewayInstance } from './gateway-instance.entity.js';
import { Lease } from './lease.entity.js';
import { LeasesRepository } from './leases.repository.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { ClusterMembership, ClusterMetrics, Instance } from './cluster-membership.js';
import { InstanceChannel } from './instance-channel.js';
import { InstancesRepository } from './instances.repository.js';

/** This process among the other gateways on the same database. */
@Module({
  imports: [TypeOrmModule.forFeature([GatewayInstance, Lease]), ObservabilityModule],
  providers: [Instance, ClusterMembership, ClusterMetrics, InstanceChannel, InstancesRepository, LeasesRepository],
  exports: [Instance, ClusterMembership, InstanceChannel, InstancesRepository, LeasesRepository],
})
export class ClusterModule {}
