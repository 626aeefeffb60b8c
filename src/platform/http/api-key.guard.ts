import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { ApiKeys } from './api-keys.js';
import { IS_PUBLIC } from './public.decorator.js';

export const API_KEY_HEADER = 'x-api-key';

/** No key, or one that is not known. Which of the two is not said. */
export class UnauthorizedError extends DomainError {
  override readonly name = 'UnauthorizedError';
  readonly code = 'UNAUTHORIZED';
  readonly httpStatus = 401;

  constructor() {
    super('Unauthorized');
  }
}

/**
 * Every route wants a key, unless it is marked `@Public()`. Set for the whole application, so that a new route can't be forgotten, and
 * decided by the handler that was found, never by the URL: `/%61pi/v1/stats` is the same route as `/api/v1/stats`.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [context.getHandler(), context.getClass()])) {
      return true;
    }
    const key = context.switchToHttp().getRequest<FastifyRequest>().headers[API_KEY_HEADER];
    if (typeof key !== 'string' || !this.keys.accepts(key)) {
      throw new UnauthorizedError();
    }
    return true;
  }
}
