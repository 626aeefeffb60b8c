import { Module } from '@nestjs/common';
import { TransportMetrics } from './transport-metrics.js';

/** Metrics of what has no feature of its own. */
@Module({ providers: [TransportMetrics] })
export class MetricsModule {}
