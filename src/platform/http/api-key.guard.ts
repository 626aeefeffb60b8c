import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { ApiKeys } from './api-keys.js';

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

/** Everything under /api wants a key. Set for the whole application, so that a new route can't be forgotten. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly keys: ApiKeys) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!request.url.startsWith('/api/')) {
      return true;
    }
    const key = request.headers[API_KEY_HEADER];
    if (typeof key !== 'string' || !this.keys.accepts(key)) {
      throw new UnauthorizedError();
    }
    return true;
  }
}
