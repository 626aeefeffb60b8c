import { ValidationPipe } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { DatabaseAvailability } from '../database/database-availability.js';
import { InvalidInputError } from '../errors/domain-error.js';
import { AllowedMethods, refuseOtherMethods } from './allowed-methods.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { API_PREFIX } from './api-route.js';
import { authenticateRequests } from './authenticate-requests.js';
import { measureRequests } from './http-metrics.js';
import { inputReasons } from './input-reasons.js';
import { openApiDocument } from './open-api.js';
import { ProblemFilter } from './problem.filter.js';
import { refuseWhileStopping } from './refuse-while-stopping.js';
import { limitBodies, limitDepth, limitRate, limitTime } from './request-limits.js';
import { refuseBadText } from './refuse-text.js';
import { addResponseHeaders } from './response-headers.js';

/** For probes, which have no key, and for Prometheus, which has. */
const OUTSIDE_THE_API = ['healthz', 'readyz', 'metrics'];

/** Everything that holds for all HTTP routes. Set on the application, not as APP_ providers: messages of devices take another way. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_THE_API });
  const allowedMethods = AllowedMethods.collect(app);
  measureRequests(app);
  refuseWhileStopping(app);
  limitTime(app);
  limitBodies(app);
  limitDepth(app);
  refuseBadText(app);
  await addResponseHeaders(app);
  authenticateRequests(app);
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
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'IoT broker API',
  });
}
