import { Module } from '@nestjs/common';
import { RetentionModule } from '../platform/retention/retention.module.js';
import { DeviceConnectionController } from './device-connection.controller.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';
import { DeviceAdmission } from './device-admission.js';
import { DeviceLog } from './device-log.js';
import { DeviceLogRepository } from './device-log.repository.js';
import { RefusedLogins } from './refused-logins.js';
import { SessionComparison } from './session-comparison.js';
import { SessionMetrics } from './session-metrics.js';
import { SessionFence } from './session-fence.js';
import { SessionReaper } from './session-reaper.js';
import { SessionWriter } from './session-writer.js';
import { SessionsRepository } from './sessions.repository.js';
import { TransportMetrics } from './transport-metrics.js';
import { TransportStats } from './transport-stats.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { UnregisteredDevicesRepository } from './unregistered-devices.repository.js';
import { UnknownDevicesRepository } from './unknown-devices.repository.js';

/** Which devices are connected, and to which instance. */
@Module({
  imports: [RetentionModule],
  controllers: [DevicesController, DeviceConnectionController],
  providers: [
    DevicesService,
    SessionComparison,
    SessionFence,
    SessionMetrics,
    SessionReaper,
    SessionWriter,
    SessionsRepository,
    TransportMetrics,
    DeviceAdmission,
    DeviceLog,
    DeviceLogRepository,
    RefusedLogins,
    UnknownDevicesRepository,
    UnregisteredDevices,
    UnregisteredDevicesRepository,
    TransportStats,
  ],
  exports: [DevicesService],
})
export class DevicesModule {}
