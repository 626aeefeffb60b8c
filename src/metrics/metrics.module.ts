import { Module } from '@nestjs/common';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { TransportMetrics } from './transport-metrics.js';

/** Serves the metrics on the API's port or on a separate one, and registers the metrics of the listener. */
@Module({
  imports: [ObservabilityModule, TransportModule],
  controllers: [MetricsController],
  providers: [MetricsServer, TransportMetrics],
})
export class MetricsModule {}
