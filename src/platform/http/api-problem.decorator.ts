import { ApiResponse } from '@nestjs/swagger';

/** Schema of the error body in the OpenAPI document. */
export const PROBLEM = 'Problem';

/** The description of one answer that is not a success. */
export function problemResponse(description: string) {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${PROBLEM}` } } } };
}

/**
 * An error of a route beyond those that all routes have (see completeOperation): `description` names its codes. On a controller: of all its
 * routes.
 */
export const ApiProblem = (status: 404 | 409 | 413 | 503, description: string) =>
  ApiResponse({ status, ...problemResponse(description) });
