import { type FastifyRequest } from 'fastify';
import { Audited } from '../platform/audit/audited.decorator.js';
import { type EventIdParam, type ReplayDto } from './webhook-query.dto.js';
import { type ReplayAcceptedDto } from './webhook-event.dto.js';

export const AuditedReplay = () =>
  Audited<ReplayAcceptedDto>('webhook.replayed', ({ params }: FastifyRequest) => ({
    details: { eventId: (params as EventIdParam).id },
  }));

export const AuditedReplayOfMany = () =>
  Audited<ReplayAcceptedDto>('webhook.replayed', ({ body }: FastifyRequest, { replayed }) => ({
    details: { ...(body as ReplayDto), replayed },
  }));
