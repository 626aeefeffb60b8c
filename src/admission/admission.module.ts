import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RegisteredDevice } from './register/registered-device.entity.js';
import { UnknownDevice, UnregisteredDevice } from './unregistered-device.entity.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { DiagnosisModule } from '../diagnosis/diagnosis.module.js';
import { RetentionModule } from '../platform/retention/table-retention.js';
import { DeviceAdmission } from './device-admission.js';
import { PacketAdmissionController } from './packet-admission.controller.js';
import { RefusedLogins } from './refused-logins.js';
import { NotAdmittedConnections } from './register/not-admitted-connections.js';
import { RegisteredDevicesController } from './register/registered-devices.controller.js';
import { RegisteredDevicesRepository } from './register/registered-devices.repository.js';
import { RegisteredDevicesService } from './register/registered-devices.service.js';
import { UnknownDevicesRepository } from './unknown-devices.repository.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { UnregisteredDevicesRepository } from './unregistered-devices.repository.js';

/** Admission of devices: the register, bans, address ranges, the limit of unregistered devices, and refused logins. */
@Module({
  imports: [
    TypeOrmModule.forFeature([RegisteredDevice, UnknownDevice, UnregisteredDevice]),
    ObservabilityModule,
    ClusterModule,
    TransportModule,
    AuditLogModule,
    DiagnosisModule,
    RetentionModule,
  ],
  controllers: [PacketAdmissionController, RegisteredDevicesController],
  providers: [
    DeviceAdmission,
    NotAdmittedConnections,
    RefusedLogins,
    RegisteredDevicesRepository,
    RegisteredDevicesService,
    UnknownDevicesRepository,
    UnregisteredDevices,
    UnregisteredDevicesRepository,
  ],
  exports: [DeviceAdmission],
})
export class AdmissionModule {}
