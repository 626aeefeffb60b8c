import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'isPublic';

/** A route, or a controller, that wants no key. Everything else does. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
