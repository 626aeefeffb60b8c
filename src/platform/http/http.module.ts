import { Global, Module } from '@nestjs/common';
import { ApiSettings, ProcessSettings } from '../config/settings.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { AuthCounters } from './auth-metrics.js';
import { Authentication } from './authentication.js';
import { ClientAddresses } from './client-address.js';

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
    AuthCounters,
    Authentication,
    ClientAddresses,
  ],
  exports: [ApiKeys, ApiKeyGuard, AuthCounters, Authentication, ClientAddresses],
})
export class HttpModule {}
