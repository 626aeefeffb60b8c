import { NotFoundException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { API_PREFIX, isApiRoute } from '../../platform/http/api-route.js';
import { Authentication, UnauthorizedError } from './authentication.js';
import { ClientAddresses } from './client-address.js';

const METRICS_ROUTE = '/metrics';

/**
 * Before anything else is done with a request: where it comes from, and whose key it carries. Refuses addresses that fail too often, and
 * requests below /api/v1 that find no route and carry no good key. Routes are refused by the guard, which knows the public ones.
 */
export function authenticateRequests(
  app: NestFastifyApplication,
  { hasMetricsPort }: { readonly hasMetricsPort: boolean },
): void {
  const addresses = app.get(ClientAddresses);
  const authentication = app.get(Authentication);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('clientAddress', '');
  fastify.addHook('onRequest', async (request) => {
    request.clientAddress = addresses.of(request.raw);
    const isMetrics = request.routeOptions.url === METRICS_ROUTE;
    if (isMetrics && hasMetricsPort) {
      // The same for every key, which is not looked at.
      throw new NotFoundException();
    }
    const isUnknown = isUnknownBelowApi(request);
    if (!isMetrics && !isUnknown && !isApiRoute(request)) {
      return;
    }
    const caller = await authentication.of(request);
    if (isUnknown && !caller) {
      throw new UnauthorizedError();
    }
  });
  // Behind the rate limit, before the body is read: a request without a key is refused before its body is parsed. No route below /api/v1 is public.
  fastify.addHook('preParsing', async (request) => {
    if (isApiRoute(request) && !(await authentication.of(request))) {
      throw new UnauthorizedError();
    }
  });
}

/** Whether a request found no route, and would be one of the API's: `/%61pi/v1/x` as well as `/api/v1/x`. */
function isUnknownBelowApi({ routeOptions, url }: FastifyRequest): boolean {
  if (routeOptions.url !== undefined) {
    return false;
  }
  const [path = ''] = url.split('?');
  return `${decoded(path)}/`.startsWith(`/${API_PREFIX}/`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not a valid encoding; the router has answered 400 then.
    return path;
  }
}
