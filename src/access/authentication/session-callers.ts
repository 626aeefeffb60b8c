import { type FastifyRequest } from 'fastify';
import { type Caller } from '../scope.js';

/** Finds callers of requests that carry no key but a session, which depends on a key. The console provides it. */
export interface SessionCallers {
  /**
   * Null when the request has no session, or one that has ended. Throws ForgedSessionError, and a DomainError for a request that the owner of
   * the session need not have meant.
   */
  callerOf(request: FastifyRequest): Promise<Caller | null>;
}

/** A session that this gateway has never given out. */
export class ForgedSessionError extends Error {
  override readonly name = 'ForgedSessionError';

  constructor() {
    super('The session has a wrong signature');
  }
}
