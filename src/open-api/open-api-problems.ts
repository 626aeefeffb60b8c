import { problemResponse } from '../platform/http/api-route.js';
import { type Operation } from './open-api-bodies.js';

/** How the OpenAPI document names the codes of an error response. */
const CODES_EXTENSION = 'x-error-codes';
/** A sentence that begins with codes: `KEY_NAME_TAKEN, TOO_MANY_KEYS`, or `KEY_NOT_FOUND: it was deleted`. */
const SENTENCE_ABOUT_CODES = /(?:^|\. )([A-Z][A-Z_]+(?:, [A-Z][A-Z_]+)*)(?=:|\.|$)/g;
const MIN_ERROR_STATUS = 400;

interface Problem {
  description: string;
  content?: Record<string, { schema: object; example?: unknown }>;
  [CODES_EXTENSION]?: string[];
}

/** The errors that every operation with a key has, beside those of its own. */
export function addCommonProblems(operation: Operation, scope: string): void {
  const own = operation.responses as Record<string, Problem>;
  const responses: Record<string, Problem> = { ...commonProblems(operation, scope) };
  for (const [status, response] of Object.entries(own)) {
    const common = responses[status];
    responses[status] = common ? { ...response, description: `${common.description}. ${response.description}` } : response;
  }
  operation.responses = responses;
}

/** Lists the codes that the description of an error response names, with an example of the first. */
export function listErrorCodes({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses) as [string, Problem][]) {
    const codes = [...response.description.matchAll(SENTENCE_ABOUT_CODES)].flatMap(([, names = '']) => names.split(', '));
    const media = response.content?.['application/json'];
    if (Number(status) >= MIN_ERROR_STATUS && codes.length > 0 && media) {
      response[CODES_EXTENSION] = codes;
      media.example = { success: false, error: reasonOf(response.description), code: codes[0] };
    }
  }
}

/** What follows the first code, or the code in words. */
function reasonOf(description: string): string {
  const [, reason] = /^[A-Z_]+: ([^.;]+)/.exec(description) ?? [];
  const words =
    reason ??
    description
      .replace(/[.,:].*$/s, '')
      .replaceAll('_', ' ')
      .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function commonProblems({ parameters, requestBody }: Operation, scope: string) {
  const hasInput = (parameters?.length ?? 0) > 0 || requestBody;
  return {
    ...(hasInput ? { 400: problemResponse('INVALID_INPUT: `error` says what is wrong') } : {}),
    401: problemResponse('UNAUTHORIZED: no key, or an unknown one'),
    403: problemResponse(`FORBIDDEN_SCOPE: the key lacks the scope ${scope}`),
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
