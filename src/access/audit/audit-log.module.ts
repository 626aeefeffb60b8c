import { Module } from '@nestjs/common';
import { AuditService } from './audit.service.js';

/** Writes the audit. Imported by features whose actions are recorded. */
@Module({ providers: [AuditService], exports: [AuditService] })
export class AuditLogModule {}
