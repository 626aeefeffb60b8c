import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from './audit.service.js';
import { MetricsRegistry } from '../../platform/observability/metrics-registry.js';

@Injectable()
export class AuditMetrics implements OnModuleInit {
  constructor(
    private readonly audit: AuditService,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.counter(
      { name: 'iot_broker_audit_entries_lost_total', help: 'Audit entries that could not be written. The log has them.' },
      () => this.audit.entriesLost,
    );
  }
}
