import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '../platform/http/open-api-decorators.js';
import { type Scope } from './scope.js';

export const REQUIRED_SCOPE = 'requiredScope';
/** How the OpenAPI document says it. */
export const SCOPE_EXTENSION = 'x-required-scope';

/** The scope a key must have for a route. Without it: `read` for GET, `admin` for everything else. */
export const RequireScope = (scope: Scope) =>
  applyDecorators(SetMetadata(REQUIRED_SCOPE, scope), ApiExtension(SCOPE_EXTENSION, scope));

export const IS_PUBLIC = 'isPublic';
/** How the OpenAPI document says it. */
export const PUBLIC_EXTENSION = 'x-public';

/** A route, or a controller, that wants no key. Everything else does. */
export const Public = () => applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));
