import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { InvalidInputError } from '../errors/domain-error.js';
import { API_KEY_HEADER, ApiKeyGuard } from './api-key.guard.js';
import { ProblemFilter } from './problem.filter.js';

export const API_PREFIX = 'api/v1';
/** For probes, which have no key, and for Prometheus, which has. */
const OUTSIDE_THE_API = ['healthz', 'readyz', 'metrics'];

/** Everything that holds for all HTTP routes. Set on the application, not as APP_ providers: messages of devices take another way. */
export function configureHttp(app: NestFastifyApplication): void {
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_THE_API });
  app.useGlobalGuards(app.get(ApiKeyGuard));
  app.useGlobalPipes(
    new ValidationPipe({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => new InvalidInputError(reasons(errors).join('; ')),
    }),
  );
  app.useGlobalFilters(new ProblemFilter());
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'IoT broker API',
  });
}

function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('IoT broker')
    .setDescription('Gateway between Teltonika TFT100 (and similar) trackers and a host application.')
    .setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: API_KEY_HEADER }, API_KEY_HEADER)
    .addSecurityRequirements(API_KEY_HEADER)
    .build();
  return SwaggerModule.createDocument(app, config);
}

function reasons(errors: readonly ValidationError[]): string[] {
  return errors.flatMap((error) => [...Object.values(error.constraints ?? {}), ...reasons(error.children ?? [])]);
}
