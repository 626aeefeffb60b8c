import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type FastifyRequest } from 'fastify';
import { DomainError } from '../../platform/errors/errors.js';
import { AuthCounters } from '../access-metrics.js';
import { Authentication, UnauthorizedError } from './authentication.js';
import { IS_PUBLIC, REQUIRED_SCOPE } from '../route-access.decorator.js';
import { defaultScope, grants, type Scope } from '../scope.js';

/** A valid key that lacks the scope of the route. */
class ForbiddenScopeError extends DomainError {
  override readonly name = 'ForbiddenScopeError';
  readonly code = 'FORBIDDEN_SCOPE';
  readonly httpStatus = 403;

  constructor(needed: Scope) {
    super(`This key lacks the scope ${needed}`);
  }
}

/**
 * Every route requires a key with its scope, unless it is marked `@Public()`. Set for the whole application, so that a new route can't be
 * forgotten, and decided by the handler that was found, never by the URL: `/%61pi/v1/stats` is the same route as `/api/v1/stats`.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly authentication: Authentication,
    private readonly counters: AuthCounters,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const marked = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, marked)) {
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.authentication.of(request);
    if (!caller) {
      throw new UnauthorizedError();
    }
    const needed = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, marked) ?? defaultScope(request.method);
    if (!grants(caller.scopes, needed)) {
      this.counters.missingScope++;
      throw new ForbiddenScopeError(needed);
    }
    request.caller = caller;
    return true;
  }
}
