import { type Scope } from '../platform/http/scope.js';

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
