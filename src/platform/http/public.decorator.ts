import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

export const IS_PUBLIC = 'isPublic';
/** How the OpenAPI document says it. */
export const PUBLIC_EXTENSION = 'x-public';

/** A route, or a controller, that wants no key. Everything else does. */
export const Public = () => applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));
