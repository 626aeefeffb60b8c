import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKey } from './api-key.entity.js';
import { AuditLogModule } from '../audit/audit-log.module.js';
import { KeyUsage } from './key-usage.js';
import { KeysController } from './keys.controller.js';
import { KeysRepository } from './keys.repository.js';
import { KeysService } from './keys.service.js';
import { KnownKeys } from './known-keys.js';

/** Keys of the REST API that are stored in the database. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKey]), AuditLogModule],
  controllers: [KeysController],
  providers: [KeyUsage, KeysRepository, KeysService, KnownKeys],
  exports: [KeysService, KnownKeys],
})
export class KeysModule {}
