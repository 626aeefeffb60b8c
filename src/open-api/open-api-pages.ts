import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { type INestApplication } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { loadSwagger } from '../platform/http/open-api-decorators.js';
import { openApiDocument } from './open-api.js';

type Page = (request: FastifyRequest, reply: FastifyReply) => unknown;

const PATH = 'docs';
/** The document, and what Swagger UI has beside its files. */
const PAGES = ['/docs', '/docs/', '/docs/index.html', '/docs/swagger-ui-init.js', '/docs-json', '/docs-yaml'];

/** Serves the OpenAPI document and Swagger UI. The document is made, and @nestjs/swagger loaded, when the first page is requested. */
export function serveOpenApi(app: NestFastifyApplication): void {
  const adapter = app.getHttpAdapter();
  let made: Promise<ReadonlyMap<string, Page>> | null = null;
  const pages = (): Promise<ReadonlyMap<string, Page>> =>
    (made ??= makePages(app).catch((error: unknown) => {
      made = null;
      throw error;
    }));
  for (const path of PAGES) {
    adapter.get(path, async (request: FastifyRequest, reply: FastifyReply) => (await pages()).get(path)?.(request, reply));
  }
  adapter.get('/docs/LICENSE', (_request: FastifyRequest, reply: FastifyReply) => reply.callNotFound());
  // Not awaited: Fastify would finish the routes that exist so far, before Nest has set the handler of their errors.
  void app.register(fastifyStatic, { root: swaggerUiFolder(), prefix: `/${PATH}`, decorateReply: false });
}

/** Fastify takes no routes when it listens, so SwaggerModule gives its pages to a stand-in for the application. */
async function makePages(app: NestFastifyApplication): Promise<ReadonlyMap<string, Page>> {
  const document = await openApiDocument(app);
  const { SwaggerModule } = await loadSwagger();
  const pages = new Map<string, Page>();
  const adapter = {
    get: (path: string, page: Page) => pages.set(path, page),
    getRequestUrl: (request: FastifyRequest) => request.originalUrl,
    getType: () => '',
  };
  const standIn = { getHttpAdapter: () => adapter, useStaticAssets: () => undefined };
  const options = { jsonDocumentUrl: `${PATH}-json`, customSiteTitle: 'IoT broker API' };
  SwaggerModule.setup(PATH, standIn as unknown as INestApplication, document, options);
  return pages;
}

/** It is a dependency of @nestjs/swagger. */
function swaggerUiFolder(): string {
  const swagger = createRequire(fileURLToPath(import.meta.resolve('@nestjs/swagger')));
  return dirname(swagger.resolve('swagger-ui-dist/package.json'));
}
