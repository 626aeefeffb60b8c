import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type AuditActor } from './audit-entry.js';

/** Throws on a public route: nobody is known there. */
export function actorOf({ caller, clientAddress, id }: FastifyRequest): AuditActor {
  if (!caller) {
    throw new Error('A route without a key has no actor');
  }
  return { keyId: caller.keyId, keyName: caller.name, remoteAddress: clientAddress, requestId: id };
}

/** Parameter of a controller's method: who sent the request. */
export const Actor = createParamDecorator((_data: unknown, context: ExecutionContext): AuditActor =>
  actorOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
