import { Module } from '@nestjs/common';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { AnswerStreamsModule } from '../platform/http/answer-streams.js';
import { DeviceDataController } from './device-data.controller.js';
import { DeviceDataRepository } from './device-data.repository.js';
import { DeviceDataService } from './device-data.service.js';

/** Exports and erases everything that is stored about one device. */
@Module({
  imports: [AnswerStreamsModule, AuditLogModule],
  controllers: [DeviceDataController],
  providers: [DeviceDataRepository, DeviceDataService],
})
export class DeviceDataModule {}
