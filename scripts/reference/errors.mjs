import { HttpStatus } from '@nestjs/common';
import { code, page, sentence, table } from './markdown.mjs';
import { sourceClasses } from './source-classes.mjs';

/** Codes that no class of the gateway has: of routes, of bodies and of failures (src/platform/http/problem.filter.ts). */
const OF_THE_FILTER = new Map([
  ['BAD_REQUEST', [400, 'The body is not valid JSON, or not UTF-8.']],
  ['ROUTE_NOT_FOUND', [404, 'There is no such route.']],
  ['PAYLOAD_TOO_LARGE', [413, 'The body exceeds `API_BODY_LIMIT_BYTES`.']],
  ['UNSUPPORTED_MEDIA_TYPE', [415, 'The body is not `application/json`.']],
  ['INTERNAL_ERROR', [500, 'A fault of the gateway. Its log has the reason under `requestId`.']],
  ['DATABASE_UNAVAILABLE', [503, 'The database does not answer, or accepts no writes. Try again.']],
]);

/** The error codes of the REST API: those of the classes of DomainError, with what the OpenAPI document says of each. */
export function errorsPage(openApi) {
  const documented = documentedCodes(openApi);
  const codes = new Map(OF_THE_FILTER);
  for (const { comment, superClass, fields } of sourceClasses(() => true)) {
    const value = (name) => fields.find((field) => field.name === name)?.value;
    const name = superClass === 'DomainError' ? value('code')?.replaceAll("'", '') : undefined;
    if (name !== undefined) {
      codes.set(name, [value('httpStatus'), comment]);
    }
  }
  for (const name of documented.keys()) {
    if (!codes.has(name)) {
      throw new Error(`${name} is in the OpenAPI document, and no class has it`);
    }
  }
  const rows = [...codes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, [status, comment]]) => row(name, status, comment, documented.get(name)));
  return page({
    title: 'Error codes',
    source: 'the classes of DomainError and docs/reference/openapi.json',
    intro: `An error is always \`{"success": false, "error": "for people", "code": "FOR_PROGRAMS"}\`; an internal failure (5xx) also has \`requestId\`. Match the
code: the text can change. On 429, and on 503 with \`STOPPING\`, the header \`Retry-After\` gives the seconds until the next attempt.`,
    sections: [table(['code', 'status', 'meaning', 'operations'], rows)],
  });
}

function row(name, status, comment, { texts = new Set(), operations = [] } = {}) {
  const meaning = texts.size === 1 && !OF_THE_FILTER.has(name) ? sentence([...texts][0]) : comment;
  if (!meaning) {
    throw new Error(`The class of ${name} needs a comment that says when it is answered`);
  }
  const places = operations.length > 6 ? 'most' : operations.map((id) => `[${id}](rest.md#${id.toLowerCase()})`).join(', ');
  return [code(name), statusNumber(status), meaning, places];
}

function statusNumber(status) {
  return /^\d+$/.test(status) ? status : HttpStatus[status.replace('HttpStatus.', '')];
}

/** What the descriptions of responses (`CODE: text. OTHER: text`) say, and the operations that have each code. */
function documentedCodes({ paths }) {
  const found = new Map();
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    for (const response of Object.values(operation.responses)) {
      const codes = response['x-error-codes'] ?? [];
      for (const name of codes) {
        const entry = found.get(name) ?? { texts: new Set(), operations: [] };
        const text = textOf(response.description, name, codes);
        if (text !== undefined) {
          entry.texts.add(text);
        }
        entry.operations.push(operation.operationId);
        found.set(name, entry);
      }
    }
  }
  return found;
}

function textOf(description, name, codes) {
  const parts = description.split(new RegExp(`\\b(${codes.join('|')})(?=[:,])`));
  const index = parts.indexOf(name);
  const text = parts[index + 1]?.replace(/^: */, '').replace(/[. ]+$/, '');
  return text === undefined || text.startsWith(',') || text === '' ? undefined : text;
}
