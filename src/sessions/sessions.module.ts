import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeviceSession } from './device-session.entity.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { EventsModule } from '../events/events.module.js';
import { AdmissionModule } from '../admission/admission.module.js';
import { DiagnosisModule } from '../diagnosis/diagnosis.module.js';
import { DeviceConnectionController } from './device-connection.controller.js';
import { DevicesController } from './devices.controller.js';
import { SessionComparison } from './session-comparison.js';
import { SessionFence } from './session-fence.js';
import { SessionMetrics } from './session-metrics.js';
import { SessionReaper } from './session-reaper.js';
import { SessionWriter } from './session-writer.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

/** Sessions: which instance holds the connection of a device. */
@Module({
  imports: [
    TypeOrmModule.forFeature([DeviceSession]),
    ObservabilityModule,
    ClusterModule,
    TransportModule,
    AdmissionModule,
    DiagnosisModule,
    EventsModule,
  ],
  controllers: [DevicesController, DeviceConnectionController],
  providers: [SessionComparison, SessionFence, SessionMetrics, SessionReaper, SessionWriter, SessionsRepository, SessionsService],
  exports: [SessionsService],
})
export class SessionsModule {}
