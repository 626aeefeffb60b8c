import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { AuditService } from './audit/audit.service.js';

/** Requests that were refused because of their key. */
@Injectable()
export class AuthCounters implements OnModuleInit {
  missingKey = 0;
  unknownKey = 0;
  blocked = 0;
  missingScope = 0;
  blockedAddresses = 0;

  constructor(private readonly metrics: MetricsRegistry) {}

  onModuleInit(): void {
    this.metrics.counter(
      {
        name: 'iot_broker_api_auth_failures_total',
        help: 'API requests refused by authentication, `status` and `reason`: 401 `missing_key`, 401 `unknown_key`, 403 `missing_scope`, 429 `address_blocked`.',
        labelNames: ['status', 'reason'],
      },
      () => [
        [{ status: '401', reason: 'missing_key' }, this.missingKey],
        [{ status: '401', reason: 'unknown_key' }, this.unknownKey],
        [{ status: '403', reason: 'missing_scope' }, this.missingScope],
        [{ status: '429', reason: 'address_blocked' }, this.blocked],
      ],
    );
    this.metrics.counter(
      {
        name: 'iot_broker_api_addresses_blocked_total',
        help: 'Times that an address reached `API_AUTH_FAILURES_PER_ADDRESS` within its window.',
      },
      () => this.blockedAddresses,
    );
  }
}

@Injectable()
export class AuditMetrics implements OnModuleInit {
  constructor(
    private readonly audit: AuditService,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.counter(
      {
        name: 'iot_broker_audit_entries_lost_total',
        help: 'Audit entries that could not be written (only about blocked addresses: other entries are in the transaction of their action); the log contains them.',
      },
      () => this.audit.entriesLost,
    );
  }
}
