import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { SECOND_MS } from '../platform/time-units.js';

const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Of everything that clients can invent, so that the number of series is bounded. */
const OTHER = 'other';

/**
 * Counts requests and their time by route template, method and status. A request with `Prefer: wait` counts with its whole time. An event stream has no time to
 * answer: it lasts as long as its client is connected, which `iot_broker_stream_seconds` shows.
 */
export function measureRequests(app: NestFastifyApplication): void {
  const metrics = app.get(MetricsRegistry);
  const counts = new Map<string, { labels: Record<string, string>; value: number }>();
  metrics.counter(
    {
      name: 'iot_broker_http_requests_total',
      help: 'HTTP requests answered, by `route` (its template; `other` for unknown routes), `method` and `status`.',
      labelNames: ['route', 'method', 'status'],
    },
    () => [...counts.values()].map(({ labels, value }) => [labels, value] as const),
  );
  const observe = metrics.histogram(
    {
      name: 'iot_broker_http_request_seconds',
      help: 'Time to answer them, by `route` and `method`; a request with `Prefer: wait` counts with the time it has waited, an event stream does not count.',
      labelNames: ['route', 'method'],
    },
    SECONDS_BUCKETS,
  );
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request: FastifyRequest, reply, done) => {
      const at = { route: routeOf(request), method: METHODS.includes(request.method) ? request.method : OTHER };
      const labels = { ...at, status: String(reply.statusCode) };
      const key = Object.values(labels).join(' ');
      counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + 1 });
      if (!isEventStream(request, reply)) {
        observe(reply.elapsedTime / SECOND_MS, at);
      }
      done();
    });
}

function isEventStream({ method }: FastifyRequest, { raw }: FastifyReply): boolean {
  return method === 'GET' && String(raw.getHeader('content-type')).startsWith('text/event-stream');
}

/** Never the URL: every guessed URL would create a time series. */
function routeOf({ routeOptions, is404 }: FastifyRequest): string {
  return is404 || routeOptions.url === undefined ? OTHER : routeOptions.url;
}
