import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { AuditInterceptor } from './audit.interceptor.js';
import { AUDITED, type AuditedDeed } from './audited-deed.js';

/** Records what a route has done, after it succeeded and before it answers. */
export const Audited = <Answer>(action: string, describe: AuditedDeed<Answer>['describe']) =>
  applyDecorators(SetMetadata(AUDITED, { action, describe }), UseInterceptors(AuditInterceptor));
