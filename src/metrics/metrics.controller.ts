import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '../platform/http/open-api-decorators.js';
import { type FastifyReply } from 'fastify';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { ApiProblem } from '../platform/http/api-route.js';

/** The metrics on the API's port, which require a key. With METRICS_PORT this route returns 404, see authenticateRequests. */
@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsRegistry) {}

  /** All metrics in the text format of Prometheus. 404 when METRICS_PORT is set: then they are served on that port, without a key. */
  @Get()
  @ApiOperation({ operationId: 'getMetrics' })
  @ApiProduces('text/plain')
  @ApiProblem(404, 'ROUTE_NOT_FOUND: METRICS_PORT is set')
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { registry } = this.metrics;
    // Not by @Header, which would set this type on error responses too.
    void reply.type(registry.contentType);
    return registry.metrics();
  }
}
