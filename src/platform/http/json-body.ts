import { isUtf8 } from 'node:buffer';
import { InvalidInputError } from '../errors/domain-error.js';

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
