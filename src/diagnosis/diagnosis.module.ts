import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeviceLogEntry } from './device-log-entry.entity.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { RetentionModule } from '../platform/retention/table-retention.js';
import { DeviceLog } from './device-log.js';
import { DeviceLogRepository } from './device-log.repository.js';
import { DiagnosisController } from './diagnosis.controller.js';
import { DiagnosisRepository } from './diagnosis.repository.js';
import { DiagnosisService } from './diagnosis.service.js';

/** The device log, and the device doctor that reads it. */
@Module({
  imports: [TypeOrmModule.forFeature([DeviceLogEntry]), ObservabilityModule, RetentionModule],
  controllers: [DiagnosisController],
  providers: [DeviceLog, DeviceLogRepository, DiagnosisRepository, DiagnosisService],
  exports: [DeviceLog],
})
export class DiagnosisModule {}
