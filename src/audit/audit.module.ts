import { Module } from '@nestjs/common';
import { RetentionModule } from '../platform/retention/retention.module.js';
import { AuditMetrics } from './audit-metrics.js';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';

/** The audit over REST. */
@Module({
  imports: [RetentionModule],
  controllers: [AuditController],
  providers: [AuditMetrics, AuditRepository],
})
export class AuditModule {}
