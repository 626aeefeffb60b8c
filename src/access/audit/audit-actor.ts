import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';

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
