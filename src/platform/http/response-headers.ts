import cors from '@fastify/cors';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from 'helmet';
import { ApiSettings } from '../config/settings.js';
import { API_KEY_HEADER, isApiRoute, isSessionRoute } from './api-route.js';
import { REQUEST_ID_HEADER } from './http-adapter.js';

/**
 * What a browser may do with our pages, as Swagger UI needs it: its scripts are files of its own, its styles partly inline, its icons data
 * URLs. The console has a policy of its own. Nothing here may speak of HTTPS: the gateway speaks plain HTTP, and behind a proxy that adds TLS the
 * whole host name is that proxy's to promise. `upgrade-insecure-requests` alone would break /docs on any address but localhost.
 */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** Before routes are made: these plugins hook into each. */
export async function addResponseHeaders(app: NestFastifyApplication): Promise<void> {
  // Made once. @fastify/helmet makes it, and the text of the policy, for every request: 2 to 3 % of the CPU of a command.
  const setSecurityHeaders = helmet({
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    strictTransportSecurity: false,
    // Browsers ignore both on plain HTTP, and log a warning.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      setSecurityHeaders(request.raw, reply.raw, () => undefined);
      reply.header(REQUEST_ID_HEADER, request.id);
      if (isApiRoute(request) || isSessionRoute(request)) {
        // Where vehicles are, and keys: nothing for a proxy to keep.
        reply.header('cache-control', 'no-store');
      }
      done();
    });
  await allowOrigins(app);
}

/** Off unless CORS_ORIGINS names the allowed origins: without it a browser keeps other sites' scripts from reading answers. */
async function allowOrigins(app: NestFastifyApplication): Promise<void> {
  const { CORS_ORIGINS: origins } = app.get(ApiSettings);
  if (origins === undefined) {
    return;
  }
  await app.register(cors, {
    origin: origins.split(',').map((origin) => origin.trim()),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['content-type', 'idempotency-key', 'last-event-id', 'prefer', API_KEY_HEADER, REQUEST_ID_HEADER],
    exposedHeaders: ['preference-applied', 'retry-after', REQUEST_ID_HEADER],
    maxAge: 600,
  });
}
