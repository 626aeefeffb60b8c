import { Module } from '@nestjs/common';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Terminus logs every failed check; each cause of one is logged once, where it is noticed. */
@Module({
  imports: [ObservabilityModule, TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 })],
  controllers: [HealthController],
  providers: [Readiness],
})
export class HealthModule {}
