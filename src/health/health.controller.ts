import { applyDecorators, Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags, documentedBy } from '../platform/http/open-api-decorators.js';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { Public } from '../access/route-access.decorator.js';
import { NotReadyError, Readiness } from './readiness.js';

/** `HealthCheck` loads @nestjs/swagger when it documents a route. */
const Probe = () =>
  applyDecorators(
    HealthCheck({ noCache: true, swaggerDocumentation: false }),
    documentedBy(() => HealthCheck({ noCache: false, swaggerDocumentation: true })),
  );

/** Probes. They need no key. */
@ApiTags('Health')
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: Readiness,
  ) {}

  /** Alive: the process answers. Does not check the database, because a restart would not repair it. */
  @Get('healthz')
  @ApiOperation({ operationId: 'getLiveness' })
  @Probe()
  async live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Ready for devices and requests: the database answers and accepts writes, and the gateway is not stopping. */
  @Get('readyz')
  @ApiOperation({ operationId: 'getReadiness' })
  @Probe()
  async ready(): Promise<HealthCheckResult> {
    const results = await this.readiness.check();
    const problems = results.flatMap((result) => Object.entries(result)).filter(([, { status }]) => status !== 'up');
    if (problems.length > 0) {
      throw new NotReadyError(problems.map(([name, { message }]) => `${name}: ${String(message)}`));
    }
    return this.health.check(results.map((result) => () => result));
  }
}
