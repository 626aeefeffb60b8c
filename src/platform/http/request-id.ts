import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';
/** It is written into logs, the audit and answers: nothing that could break a line or pretend to be something else. */
const SANE = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** The id that a balancer or the host gave a request, if it is a sane one, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}
