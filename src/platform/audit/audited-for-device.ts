import { type FastifyRequest } from 'fastify';
import { Audited } from './audited.decorator.js';

/** What was done to the device of the route's `:imei`, with what the request says of it. */
export const AuditedForDevice = (action: string) =>
  Audited<unknown>(action, ({ params, body }: FastifyRequest) => ({
    imei: (params as { imei: string }).imei,
    details: { ...(body as object | undefined) },
  }));
