import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { TransportMetrics } from './transport-metrics.js';

/** Serves the metrics, on the API's port or on one of their own, and registers those of the listener. */
@Module({ controllers: [MetricsController], providers: [MetricsServer, TransportMetrics] })
export class MetricsModule {}
