import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { InvalidInputError } from '../errors/domain-error.js';
import { hasRefusedEscape, isRefusedText } from '../json/refused-text.js';

const REASON = 'must not hold NUL or half of a surrogate pair';

/**
 * Refuses text that PostgreSQL can not hold, in every part of every request: names and values of a body, the query, the path. One place for
 * all, because a field that is forgotten is an action whose audit entry can not be written.
 */
export function refuseBadText(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preValidation', (request: FastifyRequest & { rawBody?: Buffer }, _reply, done) => {
      const part = badPart(request);
      done(part === null ? undefined : new InvalidInputError(`${part} ${REASON}`));
    });
}

function badPart({ query, params, body, rawBody }: FastifyRequest & { rawBody?: Buffer }): string | null {
  if (isBadForm(params)) {
    return 'The path';
  }
  if (isBadForm(query)) {
    return 'The query';
  }
  const isBadBody = (rawBody !== undefined && hasRefusedEscape(rawBody.toString('utf8'))) || isBadForm(body);
  return isBadBody ? 'The body' : null;
}

/** Names with a text each, or several. */
function isBadForm(form: unknown): boolean {
  if (typeof form !== 'object' || form === null) {
    return false;
  }
  return Object.entries(form).some(([name, value]) =>
    [name, value].flat().some((text) => typeof text === 'string' && isRefusedText(text)),
  );
}
