import { type FastifyRequest } from 'fastify';
import { ApiResponse } from './open-api-decorators.js';

export const API_PREFIX = 'api/v1';
export const API_KEY_HEADER = 'x-api-key';

/** Whether a request found a route of the API. By the route, not by the URL: `/%61pi/v1/stats` is the same one as `/api/v1/stats`. */
export function isApiRoute({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith(`/${API_PREFIX}/`) ?? false;
}

/** Where the console signs in. Not part of the API: only the console's own pages use it. */
export const SESSION_ROUTE = 'console/session';

export function isSessionRoute({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === `/${SESSION_ROUTE}`;
}

/** Schema of the error body in the OpenAPI document. */
export const PROBLEM = 'Problem';

/** The description of one answer that is not a success. */
export function problemResponse(description: string) {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${PROBLEM}` } } } };
}

/**
 * An error of a route beyond those that all routes have (see addCommonProblems): `description` names its codes. On a controller: of all its
 * routes.
 */
export const ApiProblem = (status: 400 | 404 | 406 | 409 | 410 | 413 | 429 | 503, description: string) =>
  ApiResponse({ status, ...problemResponse(description) });
