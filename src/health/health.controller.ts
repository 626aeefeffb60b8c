import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TypeOrmHealthIndicator, type HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../platform/http/public.decorator.js';
import { Readiness } from './readiness.js';

const DATABASE_TIMEOUT_MS = 3_000;

/** For probes, which have no key. */
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly readiness: Readiness,
  ) {}

  /** Alive: the process answers. Says nothing of the database: a restart would not bring that back. */
  @Get('healthz')
  @HealthCheck()
  async live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Ready for devices and requests: the database answers, and the gateway is not stopping. */
  @Get('readyz')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.check('gateway'),
      async () => this.database.pingCheck('database', { timeout: DATABASE_TIMEOUT_MS }),
    ]);
  }
}
