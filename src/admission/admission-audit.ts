import { type FastifyRequest } from 'fastify';
import { Audited } from '../platform/audit/audited.decorator.js';
import { type BulkRegistrationDto } from './admission.dto.js';

export const AuditedRegistrations = () =>
  Audited<unknown>('device.registered', ({ body }: FastifyRequest) => ({
    details: { imeis: (body as BulkRegistrationDto).devices.map(({ imei }) => imei) },
  }));
