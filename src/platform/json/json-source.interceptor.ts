import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { stringifyJson } from './json-source.js';

/** For controllers whose answers hold a JsonSource. Others are better off without: it makes JSON.stringify slower. */
@Injectable()
export class JsonSourceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<string> {
    context.switchToHttp().getResponse<FastifyReply>().type('application/json; charset=utf-8');
    return next.handle().pipe(map(stringifyJson));
  }
}
