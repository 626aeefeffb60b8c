import { Global, Module } from '@nestjs/common';
import { StoredKeys } from '../platform/http/caller.js';
import { KeyUsage } from './key-usage.js';
import { KeysController } from './keys.controller.js';
import { KeysRepository } from './keys.repository.js';
import { KeysService } from './keys.service.js';
import { KnownKeys } from './known-keys.js';

/** Keys of the REST API. Global, so that the guard, which knows no feature, gets its StoredKeys. */
@Global()
@Module({
  controllers: [KeysController],
  providers: [KeyUsage, KeysRepository, KeysService, KnownKeys, { provide: StoredKeys, useExisting: KnownKeys }],
  exports: [KeysService, StoredKeys],
})
export class KeysModule {}
