import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { actorOf } from './actor.decorator.js';
import { AuditService } from './audit.service.js';
import { AUDITED, type AuditedDeed } from './audited-deed.js';

/** Behind `@Audited()`. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly audit: AuditService,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { action, describe } = this.reflector.get<AuditedDeed>(AUDITED, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.audit.recordDone({ actor: actorOf(request), action, ...describe(request, answer) });
        return answer;
      }),
    );
  }
}
