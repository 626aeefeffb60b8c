import { Injectable, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';

/** The process: CPU, memory, file descriptors, garbage collection, and how late the event loop is (perf_hooks). Names are those of every Node.js program. */
@Injectable()
export class ProcessMetrics implements OnModuleInit {
  constructor(private readonly metrics: MetricsRegistry) {}

  onModuleInit(): void {
    collectDefaultMetrics({ register: this.metrics.registry });
  }
}
