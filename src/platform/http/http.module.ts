import { Global, Module } from '@nestjs/common';
import { ApiSettings, ProcessSettings } from '../config/settings.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { Callers } from './callers.js';

/** Wants a StoredKeys from a global module. */
@Global()
@Module({
  providers: [
    {
      provide: ApiKeys,
      inject: [ApiSettings, ProcessSettings],
      useFactory: (api: ApiSettings, process: ProcessSettings) => ApiKeys.load(api, process),
    },
    ApiKeyGuard,
    Callers,
  ],
  exports: [ApiKeys, ApiKeyGuard, Callers],
})
export class HttpModule {}
