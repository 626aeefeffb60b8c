import { Module } from '@nestjs/common';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { AccessSettings } from './access.settings.js';
import { ProcessSettings } from '../platform/config/settings.js';
import { RetentionModule } from '../platform/retention/table-retention.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditLogModule } from './audit/audit-log.module.js';
import { AuditMetrics, AuthCounters } from './access-metrics.js';
import { AuditRepository } from './audit/audit.repository.js';
import { ApiKeyGuard } from './authentication/api-key.guard.js';
import { Authentication } from './authentication/authentication.js';
import { ClientAddresses } from './authentication/client-address.js';
import { KeyBindings } from './keys/key-bindings.js';
import { KeysModule } from './keys/keys.module.js';
import { ApiKeys } from './keys/settings-keys.js';

/** Who may call the API: keys, scopes, limits of failed authentications and of requests, and the audit over REST. */
@Module({
  imports: [ObservabilityModule, AuditLogModule, KeysModule, RetentionModule],
  controllers: [AuditController],
  providers: [
    {
      provide: ApiKeys,
      inject: [AccessSettings, ProcessSettings],
      useFactory: (api: AccessSettings, process: ProcessSettings) => ApiKeys.load(api, process),
    },
    ApiKeyGuard,
    AuditMetrics,
    AuditRepository,
    AuthCounters,
    Authentication,
    ClientAddresses,
    KeyBindings,
  ],
  exports: [Authentication, ClientAddresses, KeyBindings],
})
export class AccessModule {}
