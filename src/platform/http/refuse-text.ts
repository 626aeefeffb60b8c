import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { InvalidInputError } from '../errors/errors.js';

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

/** Throws InvalidInputError when a body, which is valid JSON, holds text that PostgreSQL can not. */
export function requireStorable(json: string): void {
  if (hasRefusedEscape(json)) {
    throw new InvalidInputError(`The body ${REASON}`);
  }
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

/** An escape in a string of JSON; `\\` is one of its own, so that what follows it is none. */
const ESCAPE = /\\(?:u([0-9a-f]{4})|.)/gi;
/** With the flag u a surrogate matches only where it is not one of a pair. */
const REFUSED = /[\0\p{Surrogate}]/u;
const HIGH_SURROGATES = { from: 0xd800, to: 0xdbff };
const LOW_SURROGATES = { from: 0xdc00, to: 0xdfff };
const ESCAPE_LENGTH = 6;

/** Whether a text holds what PostgreSQL's text and jsonb can not: NUL, or half of a surrogate pair. */
export function isRefusedText(text: string): boolean {
  return REFUSED.test(text);
}

/**
 * The same for everything in a JSON text, by its escapes: names, values, and what a later member of the same name hides from JSON.parse. In
 * a valid JSON text neither NUL nor a single surrogate can stand without one.
 */
export function hasRefusedEscape(json: string): boolean {
  if (!json.includes('\\u')) {
    return false;
  }
  /** Where the second half of a pair must stand. */
  let expectedAt: number | null = null;
  for (const { index, 1: hex } of json.matchAll(ESCAPE)) {
    const code = hex === undefined ? null : parseInt(hex, 16);
    const isLow = isWithin(LOW_SURROGATES, code);
    if (code === 0 || isLow !== (expectedAt === index) || (expectedAt !== null && expectedAt !== index)) {
      return true;
    }
    expectedAt = isWithin(HIGH_SURROGATES, code) ? index + ESCAPE_LENGTH : null;
  }
  return expectedAt !== null;
}

function isWithin({ from, to }: { readonly from: number; readonly to: number }, code: number | null): boolean {
  return code !== null && code >= from && code <= to;
}
