import { Module } from '@nestjs/common';
import { MetricsRegistry, ProcessMetrics } from './metrics-registry.js';
import { ReadinessChecks, StatsRegistry } from './status-registries.js';

@Module({
  providers: [MetricsRegistry, ProcessMetrics, ReadinessChecks, StatsRegistry],
  exports: [MetricsRegistry, ReadinessChecks, StatsRegistry],
})
export class ObservabilityModule {}
