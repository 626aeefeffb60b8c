import { Module } from '@nestjs/common';
import { AuditRetention } from './audit-retention.js';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';

/** The audit over REST, and its end. */
@Module({
  controllers: [AuditController],
  providers: [AuditRepository, AuditRetention],
})
export class AuditModule {}
