import { type FastifyRequest } from 'fastify';
import { Audited } from '../platform/audit/audited.decorator.js';
import { type BulkRegistrationDto } from './admission.dto.js';

export type AdmissionDeed = 'device.registered' | 'device.removed' | 'device.banned' | 'device.unbanned';

/** What was done to one device, with what the request says of it. */
export const AuditedDeed = (deed: AdmissionDeed) =>
  Audited<unknown>(deed, ({ params, body }: FastifyRequest) => ({
    imei: (params as { imei: string }).imei,
    details: { ...(body as object | undefined) },
  }));

export const AuditedRegistrations = () =>
  Audited<unknown>('device.registered', ({ body }: FastifyRequest) => ({
    details: { imeis: (body as BulkRegistrationDto).devices.map(({ imei }) => imei) },
  }));
