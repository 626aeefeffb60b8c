import { Global, Module } from '@nestjs/common';
import { MetricsRegistry } from './metrics-registry.js';
import { ProcessMetrics } from './process-metrics.js';
import { ReadinessChecks } from './readiness-checks.js';
import { StatsRegistry } from './stats-registry.js';

@Global()
@Module({
  providers: [MetricsRegistry, ProcessMetrics, ReadinessChecks, StatsRegistry],
  exports: [MetricsRegistry, ReadinessChecks, StatsRegistry],
})
export class ObservabilityModule {}
