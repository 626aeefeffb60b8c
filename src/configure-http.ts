import { type INestApplication, ValidationPipe } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MetricsSettings } from './metrics/metrics.settings.js';
import { DatabaseAvailability } from './platform/database/database-availability.js';
import { InvalidInputError } from './platform/errors/errors.js';
import { AllowedMethods, refuseOtherMethods } from './platform/http/allowed-methods.js';
import { ApiKeyGuard } from './access/authentication/api-key.guard.js';
import { API_PREFIX, SESSION_ROUTE } from './platform/http/api-route.js';
import { serveConsole } from './console/pages/console-pages.js';
import { limitRate } from './access/authentication/rate-limit.js';
import { authenticateRequests } from './access/authentication/authenticate-requests.js';
import { measureRequests } from './metrics/http-metrics.js';
import { inputReasons, ProblemFilter } from './platform/http/problem.filter.js';
import { serveOpenApi } from './open-api/open-api-pages.js';
import { refuseWhileStopping } from './platform/http/http-adapter.js';
import { limitBodies, limitDepth, limitTime } from './platform/http/request-limits.js';
import { refuseBadText } from './platform/http/refuse-text.js';
import { addResponseHeaders } from './platform/http/response-headers.js';

/** For probes, which have no key, for Prometheus, which has, and for the console's pages. */
const OUTSIDE_THE_API = ['healthz', 'readyz', 'metrics', SESSION_ROUTE];

/** The paths of all routes; the OpenAPI document is made of them without a running gateway too. */
export function setApiPrefix(app: INestApplication): void {
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_THE_API });
}

/** Everything that holds for all HTTP routes. Set on the application, not as APP_ providers: messages of devices take another way. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  setApiPrefix(app);
  const allowedMethods = AllowedMethods.collect(app);
  measureRequests(app);
  refuseWhileStopping(app);
  limitTime(app);
  limitBodies(app);
  limitDepth(app);
  refuseBadText(app);
  await addResponseHeaders(app);
  authenticateRequests(app, { hasMetricsPort: app.get(MetricsSettings).METRICS_PORT !== undefined });
  refuseOtherMethods(app, allowedMethods);
  await limitRate(app);
  app.useGlobalGuards(app.get(ApiKeyGuard));
  app.useGlobalPipes(
    new ValidationPipe({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => new InvalidInputError(inputReasons(errors).join('; ')),
    }),
  );
  app.useGlobalFilters(new ProblemFilter(app.get(DatabaseAvailability)));
  await serveConsole(app);
  serveOpenApi(app);
}
