import { type Scope } from '../scope.js';
import { DomainError } from '../../platform/errors/errors.js';

/** A key as it is listed: everything but the key. */
export interface Key {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** The columns of a Key. */
export const KEY_FIELDS = `key_id::text as "keyId", name, scopes, created_at as "createdAt", expires_at as "expiresAt",
                           revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;

export class KeyNotFoundError extends DomainError {
  override readonly name = 'KeyNotFoundError';
  readonly code = 'KEY_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(keyId: string) {
    super(`There is no key ${keyId}`);
  }
}

/** The audit tells keys apart by name. */
export class KeyNameTakenError extends DomainError {
  override readonly name = 'KeyNameTakenError';
  readonly code = 'KEY_NAME_TAKEN';
  readonly httpStatus = 409;

  constructor(name: string) {
    super(`There is a key ${name} already: revoke it first, or take another name`);
  }
}

export class TooManyKeysError extends DomainError {
  override readonly name = 'TooManyKeysError';
  readonly code = 'TOO_MANY_KEYS';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`There are ${limit} keys already: revoke some first`);
  }
}
