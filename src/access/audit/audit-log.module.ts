import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditRecord } from './audit-record.entity.js';
import { AuditService } from './audit.service.js';

/** Writes the audit. Imported by features whose actions are recorded. */
@Module({
  imports: [TypeOrmModule.forFeature([AuditRecord])],
  providers: [AuditService],
  exports: [AuditService, TypeOrmModule],
})
export class AuditLogModule {}
