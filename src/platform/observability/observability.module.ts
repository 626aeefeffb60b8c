import { Global, Module } from '@nestjs/common';
import { MetricsRegistry } from './metrics-registry.js';
import { ProcessMetrics } from './process-metrics.js';
import { StatsRegistry } from './stats-registry.js';

@Global()
@Module({ providers: [MetricsRegistry, ProcessMetrics, StatsRegistry], exports: [MetricsRegistry, StatsRegistry] })
export class ObservabilityModule {}
