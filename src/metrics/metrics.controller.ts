import { Controller, Get, Res } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { ApiProblem } from '../platform/http/api-route.js';

/** On the API's port the metrics want a key, as everything there does. With METRICS_PORT this route is 404, see authenticateRequests. */
@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsRegistry) {}

  /** Everything that is measured, in the text format of Prometheus. 404 when METRICS_PORT is set: then it is there, without a key. */
  @Get()
  @ApiProduces('text/plain')
  @ApiProblem(404, 'ROUTE_NOT_FOUND: METRICS_PORT is set')
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { registry } = this.metrics;
    // Not by @Header, which would call a refusal text, too.
    void reply.type(registry.contentType);
    return registry.metrics();
  }
}
