import rateLimit from '@fastify/rate-limit';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { ApiSettings } from '../config/settings.js';
import { DomainError, InvalidInputError } from '../errors/domain-error.js';
import { jsonDepth } from '../json/json-depth.js';
import { isApiRoute } from './api-route.js';
import { Authentication } from './authentication.js';
import { networkOf } from './client-address.js';
import { parseJsonBody } from './json-body.js';

const MS = 1_000;
/** Longer than the 60 s after which common balancers drop an idle connection: the balancer closes first, and no request is lost to it. */
const KEEP_ALIVE_MS = 72_000;
/** Nothing read or written: a client that does not take its answer. */
const SILENCE_MS = 120_000;
/** Validation is recursive: a body of some thousand levels would overflow its stack. */
const MAX_BODY_DEPTH = 500;

class RateLimitedError extends DomainError {
  override readonly name = 'RateLimitedError';
  readonly code = 'RATE_LIMITED';
  readonly httpStatus = 429;

  constructor(perSecond: number) {
    super(`More than ${perSecond} requests in a second: wait as long as Retry-After says`);
  }
}

/** Node cuts what is slower than this, answering 408; it looks once a second (see createHttpAdapter). */
export function limitTime(app: NestFastifyApplication): void {
  const { API_HEADERS_TIMEOUT_SECONDS: headers, API_REQUEST_TIMEOUT_SECONDS: whole } = app.get(ApiSettings);
  const server = app.getHttpServer();
  // Node takes the longer of the two for the whole request, whichever it is.
  server.headersTimeout = Math.min(headers, whole) * MS;
  server.requestTimeout = whole * MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.setTimeout(SILENCE_MS);
}

/** More than this is 413. A body of another type than JSON is 415 before it is read: the application is created with `bodyParser: false`. */
export function limitBodies(app: NestFastifyApplication): void {
  const { API_BODY_LIMIT_BYTES: bodyLimit } = app.get(ApiSettings);
  app.useBodyParser('application/json', { bodyLimit }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
}

/** A body that is nested deeper than MAX_BODY_DEPTH is 400. */
export function limitDepth(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preValidation', (request: FastifyRequest & { rawBody?: Buffer }, _reply, done) => {
    const isTooDeep = request.rawBody !== undefined && jsonDepth(request.rawBody) > MAX_BODY_DEPTH;
    done(isTooDeep ? new InvalidInputError(`The body is nested deeper than ${MAX_BODY_DEPTH} levels`) : undefined);
  });
}

/**
 * Limits requests per second for each known key, and for each address (IPv6: each /64 network) without one. By the key that was found, not
 * by the header: a guesser with a thousand keys is still one address. Runs behind the limit of failed authentications, which comes before
 * the look-up. Counted by this instance alone. Registered before routes are made: the plugin hooks into each.
 */
export async function limitRate(app: NestFastifyApplication): Promise<void> {
  const { API_RATE_LIMIT_PER_SECOND: perSecond } = app.get(ApiSettings);
  if (perSecond === 0) {
    return;
  }
  const authentication = app.get(Authentication);
  await app.register(rateLimit, {
    max: perSecond,
    timeWindow: MS,
    allowList: (request) => !isApiRoute(request),
    keyGenerator: async (request) => {
      const caller = isApiRoute(request) ? await authentication.of(request) : null;
      return caller ? `key ${caller.keyId ?? caller.name}` : `address ${networkOf(request.clientAddress)}`;
    },
    errorResponseBuilder: () => new RateLimitedError(perSecond),
  });
}
