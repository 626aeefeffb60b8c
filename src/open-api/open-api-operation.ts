import { PUBLIC_EXTENSION, SCOPE_EXTENSION } from '../access/route-access.decorator.js';
import { defaultScope } from '../access/scope.js';
import { type Operation } from './open-api-bodies.js';
import { addCommonProblems, listErrorCodes } from './open-api-problems.js';

type Response = { description: string; headers?: Record<string, object> };

const MAX_RATE_LIMIT_STATUS = 299;
/** Up to a full stop that the beginning of a sentence follows, without that full stop. */
const FIRST_SENTENCE = /^(.+?)\.?(?:(?<=\.) (?=[A-Z0-9`])(.*))?$/;

/** Headers of answers, as `components.headers` describes them. */
export const RATE_LIMIT_HEADERS = {
  'x-ratelimit-limit': header(
    'Requests per second that this key may send to this instance. Absent when API_RATE_LIMIT_PER_SECOND is 0.',
  ),
  'x-ratelimit-remaining': header('How many of them are left.'),
  'x-ratelimit-reset': header('Seconds until the count starts again.'),
};
export const RETRY_AFTER_HEADER = { 'retry-after': header('Seconds to wait before the next attempt.') };

/** Adds to one operation what holds for all of them: summary, key, scope, errors and headers. */
export function completeOperation(operation: Operation, method: string): void {
  shortenSummary(operation);
  for (const success of Object.values(operation.responses) as Response[]) {
    success.description ||= 'Done';
  }
  if (operation[PUBLIC_EXTENSION] === true) {
    operation.security = [];
    return;
  }
  const scope = (operation[SCOPE_EXTENSION] ??= defaultScope(method)) as string;
  operation.description = [operation.description, `Requires a key with the scope \`${scope}\`.`].filter(Boolean).join('\n\n');
  addCommonProblems(operation, scope);
  listErrorCodes(operation);
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

/** The Swagger plugin makes the summary of the whole comment: its first sentence is the summary, the rest the description. */
function shortenSummary(operation: Operation): void {
  const [, summary, rest] = FIRST_SENTENCE.exec((operation.summary ?? '').replace(/\s+/g, ' ')) ?? [];
  if (summary !== undefined) {
    operation.summary = summary;
    operation.description = [rest, operation.description].filter(Boolean).join('\n\n');
  }
}

function header(description: string) {
  return { description, schema: { type: 'integer' as const } };
}
