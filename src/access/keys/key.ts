import { type ApiKey } from './api-key.entity.js';
import { DomainError } from '../../platform/errors/errors.js';

/** A key as it is listed: without its digest. */
export type Key = Omit<ApiKey, 'digest'>;

/** No key has this id. */
export class KeyNotFoundError extends DomainError {
  override readonly name = 'KeyNotFoundError';
  readonly code = 'KEY_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(keyId: string) {
    super(`There is no key ${keyId}`);
  }
}

/** Names are unique: the audit refers to keys by name. */
export class KeyNameTakenError extends DomainError {
  override readonly name = 'KeyNameTakenError';
  readonly code = 'KEY_NAME_TAKEN';
  readonly httpStatus = 409;

  constructor(name: string) {
    super(`There is a key ${name} already: revoke it first, or take another name`);
  }
}

/** The maximum number of keys exists: revoke some first. */
export class TooManyKeysError extends DomainError {
  override readonly name = 'TooManyKeysError';
  readonly code = 'TOO_MANY_KEYS';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`There are ${limit} keys already: revoke some first`);
  }
}
