import { Global, Module } from '@nestjs/common';
import { ApiSettings, ProcessSettings } from '../config/settings.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';

@Global()
@Module({
  providers: [
    {
      provide: ApiKeys,
      inject: [ApiSettings, ProcessSettings],
      useFactory: (api: ApiSettings, process: ProcessSettings) => ApiKeys.load(api, process),
    },
    ApiKeyGuard,
  ],
  exports: [ApiKeys, ApiKeyGuard],
})
export class HttpModule {}
