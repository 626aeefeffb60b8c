import { type OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from '../platform/http/api-route.js';
import { PUBLIC_EXTENSION, SCOPE_EXTENSION } from '../access/route-access.decorator.js';
import { defaultScope } from '../access/scope.js';

type PathItem = OpenAPIObject['paths'][string];
export type Operation = NonNullable<PathItem['get']> & Record<`x-${string}`, unknown>;
type Response = { description: string; headers?: Record<string, object> };

const MAX_RATE_LIMIT_STATUS = 299;

/** Headers of answers, as `components.headers` describes them. */
export const RATE_LIMIT_HEADERS = {
  'x-ratelimit-limit': header(
    'Requests per second that this key may send to this instance. Absent when API_RATE_LIMIT_PER_SECOND is 0.',
  ),
  'x-ratelimit-remaining': header('How many of them are left.'),
  'x-ratelimit-reset': header('Seconds until the count starts again.'),
};
export const RETRY_AFTER_HEADER = { 'retry-after': header('Seconds to wait before the next attempt.') };

/** Adds to one operation what holds for all of them: key, scope, errors and headers. */
export function completeOperation(operation: Operation, method: string): void {
  for (const success of Object.values(operation.responses) as Response[]) {
    success.description ||= 'Done';
  }
  if (operation[PUBLIC_EXTENSION] === true) {
    operation.security = [];
    return;
  }
  const scope = (operation[SCOPE_EXTENSION] ??= defaultScope(method)) as string;
  operation.description = [operation.description, `Requires a key with the scope \`${scope}\`.`].filter(Boolean).join('\n\n');
  operation.responses = { ...problemsOfAll(operation, scope), ...operation.responses };
  for (const [status, response] of Object.entries(operation.responses) as [string, Response][]) {
    const names = [
      ...(Number(status) <= MAX_RATE_LIMIT_STATUS || status === '429' ? Object.keys(RATE_LIMIT_HEADERS) : []),
      ...(status === '429' || status === '503' ? Object.keys(RETRY_AFTER_HEADER) : []),
    ];
    if (names.length > 0) {
      const common = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
      response.headers = { ...response.headers, ...common };
    }
  }
}

function problemsOfAll({ parameters, requestBody }: Operation, scope: string) {
  return {
    ...((parameters?.length ?? 0) > 0 || requestBody ? { 400: problemResponse('Bad input; `error` says what is wrong') } : {}),
    401: problemResponse('No key, or one that is not known'),
    403: problemResponse(`The key lacks the scope ${scope}`),
    ...(requestBody
      ? {
          413: problemResponse('PAYLOAD_TOO_LARGE: the body exceeds API_BODY_LIMIT_BYTES'),
          415: problemResponse('UNSUPPORTED_MEDIA_TYPE: the body is not application/json'),
        }
      : {}),
    429: problemResponse(
      'RATE_LIMITED: too many requests; also too many failed authentications from this address. Retry-After says how many seconds to wait',
    ),
    503: problemResponse('DATABASE_UNAVAILABLE: the database is unavailable or read-only. STOPPING: this instance is stopping'),
    default: problemResponse('Any other error'),
  };
}

function header(description: string) {
  return { description, schema: { type: 'integer' as const } };
}
