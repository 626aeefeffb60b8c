import { Module } from '@nestjs/common';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { DeviceTraces } from './device-traces.js';
import { TracedBytes } from './traced-bytes.js';
import { DeviceTracesController } from './device-traces.controller.js';

/** Traces of devices: logs their bytes for a limited time. */
@Module({
  imports: [ClusterModule, TransportModule, AuditLogModule],
  controllers: [DeviceTracesController],
  providers: [DeviceTraces, TracedBytes],
})
export class TracingModule {}
