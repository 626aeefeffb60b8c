import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type Caller } from '../scope.js';

/** Who does something, and by which request. */
export interface AuditActor {
  /** Null for a key of IOT_API_KEY, and for the command line. */
  readonly keyId: string | null;
  readonly keyName: string;
  readonly remoteAddress: string | null;
  readonly requestId: string | null;
}

/** A user of the command line. No key is needed: the command line has access to the database. */
export const COMMAND_LINE: AuditActor = { keyId: null, keyName: 'command line', remoteAddress: null, requestId: null };

/** Throws on a public route, where requests are not authenticated. */
export function actorOf(request: FastifyRequest): AuditActor {
  const { keyId, name } = callerOf(request);
  return { keyId, keyName: name, remoteAddress: request.clientAddress, requestId: request.id };
}

/** Throws on a public route, where requests are not authenticated. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) {
    throw new Error('A route without a key has no caller');
  }
  return caller;
}

/** Parameter of a controller's method: who sent the request. */
export const Actor = createParamDecorator((_data: unknown, context: ExecutionContext): AuditActor =>
  actorOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
