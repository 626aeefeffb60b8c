import { type FastifyRequest } from 'fastify';
import { Audited } from '../platform/audit/audited.decorator.js';
import { type CommandAcceptedDto, type CommandCancelledDto } from './command.dto.js';
import { type CreateCommandDto } from './create-command.dto.js';

/** A request with an Idempotency-Key that was used before is in the audit too, with the commandLogId it got. */
export const AuditedCreation = () =>
  Audited<CommandAcceptedDto>('command.created', ({ body }: FastifyRequest, { commandLogId }) => {
    const { imei, command } = body as CreateCommandDto;
    return { imei, details: { commandLogId, command } };
  });

export const AuditedCancellation = () =>
  Audited<CommandCancelledDto>('command.cancelled', (_request, { command: { imei, commandLogId, command } }) => ({
    imei,
    details: { commandLogId, command },
  }));
