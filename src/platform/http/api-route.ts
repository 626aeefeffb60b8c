import { type FastifyRequest } from 'fastify';

export const API_PREFIX = 'api/v1';

/** Whether a request found a route of the API. By the route, not by the URL: `/%61pi/v1/stats` is the same one as `/api/v1/stats`. */
export function isApiRoute({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith(`/${API_PREFIX}/`) ?? false;
}
