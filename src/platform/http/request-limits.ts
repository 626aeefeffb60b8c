import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { ApiSettings } from '../config/settings.js';
import { InvalidInputError } from '../errors/errors.js';
import { isUtf8 } from 'node:buffer';
import { SECOND_MS } from '../time-units.js';
import { requireStorable } from './refuse-text.js';

/** Longer than the 60 s after which common balancers drop an idle connection: the balancer closes first, and no request is lost to it. */
const KEEP_ALIVE_MS = 72_000;
/** Nothing read or written: a client that does not take its answer. */
const SILENCE_MS = 120_000;
/** Validation is recursive: a body of some thousand levels would overflow its stack. */
const MAX_BODY_DEPTH = 500;

/** Node cuts what is slower than this, answering 408; it looks once a second (see createHttpAdapter). */
export function limitTime(app: NestFastifyApplication): void {
  const { API_HEADERS_TIMEOUT_SECONDS: headers, API_REQUEST_TIMEOUT_SECONDS: whole } = app.get(ApiSettings);
  const server = app.getHttpServer();
  // Node takes the longer of the two for the whole request, whichever it is.
  server.headersTimeout = Math.min(headers, whole) * SECOND_MS;
  server.requestTimeout = whole * SECOND_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.setTimeout(SILENCE_MS);
}

/** More than this is 413. A body of another type than JSON is 415 before it is read: the application is created with `bodyParser: false`. */
export function limitBodies(app: NestFastifyApplication): void {
  const { API_BODY_LIMIT_BYTES: bodyLimit } = app.get(ApiSettings);
  app.useBodyParser('application/json', { bodyLimit }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
}

/** A body that is nested deeper than MAX_BODY_DEPTH is 400. */
export function limitDepth(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preValidation', (request: FastifyRequest & { rawBody?: Buffer }, _reply, done) => {
    done(request.rawBody !== undefined && isTooDeep(request.rawBody) ? new BodyTooDeepError() : undefined);
  });
}

class BodyTooDeepError extends InvalidInputError {
  constructor() {
    super(`The body is nested deeper than ${MAX_BODY_DEPTH} levels`);
  }
}

function isTooDeep(body: Buffer): boolean {
  return jsonDepth(body) > MAX_BODY_DEPTH;
}

/** The body of a request that came as a message, with the limits of an HTTP request. Throws InvalidInputError. */
export function parseJsonMessage(body: Buffer): object {
  if (isTooDeep(body)) {
    throw new BodyTooDeepError();
  }
  const value = parseJsonBody(body);
  if (value === undefined) {
    throw new InvalidInputError('The body must be a JSON object');
  }
  requireStorable(body.toString('utf8'));
  return value as object;
}

/** Any of these texts may hold a forbidden member: an escape can spell it. */
const SUSPECTS = ['__proto__', 'constructor', '\\u00'];

/**
 * Parses the body of a request: empty is undefined. Members that would replace the prototype of an object they are copied to are refused by their
 * name. Throws InvalidInputError.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) {
    return undefined;
  }
  if (!isUtf8(body)) {
    // toString would replace such bytes, and something else would be stored than was sent.
    throw new InvalidInputError('The body is not valid UTF-8');
  }
  const text = body.toString('utf8');
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError('The body must be a JSON object');
  }
  const forbidden = SUSPECTS.some((suspect) => text.includes(suspect)) ? forbiddenMember(value) : null;
  if (forbidden !== null) {
    throw new InvalidInputError(`The body must not have a member ${forbidden}`);
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError('The body is not valid JSON', { cause });
  }
}

/** Not recursive: a body may be nested deeper than the stack. */
function forbiddenMember(body: unknown): string | null {
  const rest: unknown[] = [body];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    if (Object.hasOwn(value, '__proto__')) {
      return '"__proto__"';
    }
    const own = Object.hasOwn(value, 'constructor') ? (value as { constructor: unknown }).constructor : null;
    if (typeof own === 'object' && own !== null && Object.hasOwn(own, 'prototype')) {
      return '"constructor" with a "prototype"';
    }
    // One by one: as arguments of one call, the members of a large array overflow the stack.
    for (const member of Object.values(value) as unknown[]) {
      if (typeof member === 'object') {
        rest.push(member);
      }
    }
  }
  return null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** In ASCII, "[" and "]" differ from "{" and "}" by this bit only. */
const BRACE_BIT = 0x20;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The deepest nesting of arrays and objects in a JSON text: 0 for a number, 1 for `[]`. What is not valid JSON gives some number. */
export function jsonDepth(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (let position = 0; position < json.length; position++) {
    const byte = json[position]!;
    if (byte === QUOTE) {
      position = closingQuote(json, position);
    } else if ((byte | BRACE_BIT) === OPENING_BRACE) {
      deepest = Math.max(deepest, ++depth);
    } else if ((byte | BRACE_BIT) === CLOSING_BRACE) {
      depth--;
    }
  }
  return deepest;
}

function closingQuote(json: Buffer, start: number): number {
  let position = start + 1;
  while (position < json.length && json[position] !== QUOTE) {
    position += json[position] === BACKSLASH ? 2 : 1;
  }
  return position;
}
