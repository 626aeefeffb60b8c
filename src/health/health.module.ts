import { Module } from '@nestjs/common';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Liveness and readiness. The logger of Terminus is off: it would log every failed check, and each cause is already logged once. */
@Module({
  imports: [ObservabilityModule, TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 })],
  controllers: [HealthController],
  providers: [Readiness],
})
export class HealthModule {}
