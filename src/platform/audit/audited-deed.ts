import { type FastifyRequest } from 'fastify';

export const AUDITED = 'audited';

export interface AuditSubject {
  readonly imei?: string | null;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the audit shall say of a route's success. `describe` gets what the method returned. */
export interface AuditedDeed<Answer = unknown> {
  readonly action: string;
  readonly describe: (request: FastifyRequest, answer: Answer) => AuditSubject;
}
