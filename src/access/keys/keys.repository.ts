import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, type Repository } from 'typeorm';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { type Scope } from '../scope.js';
import { ApiKey } from './api-key.entity.js';
import { type Key, KeyNameTakenError } from './key.js';

const MAX_LISTED = 2_000;

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly digest: Buffer;
  readonly expiresAt: Date | null;
}

/** A key that may be used. */
export interface UsableKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly digest: Buffer;
  /** From now; null never. */
  readonly expiresInMs: number | null;
}

/** Access to `tbl_iot_api_keys`. Time is the database's. */
@Injectable()
export class KeysRepository {
  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.keys.manager.transaction(work);
  }

  /** Throws KeyNameTakenError. */
  async insert(manager: EntityManager, { name, scopes, digest, expiresAt }: NewKey): Promise<Key> {
    const keys = manager.getRepository(ApiKey);
    try {
      const { identifiers } = await keys.insert({ name, scopes: [...scopes], digest, expiresAt });
      return await keys.findOneByOrFail(identifiers[0] as Pick<ApiKey, 'keyId'>);
    } catch (error) {
      throw isDuplicateKey(error) ? new KeyNameTakenError(name) : error;
    }
  }

  countUnrevoked(manager: EntityManager): Promise<number> {
    return manager.getRepository(ApiKey).countBy({ revokedAt: IsNull() });
  }

  /** Null when no such key exists or it is revoked already. */
  async revoke(manager: EntityManager, keyId: string): Promise<Key | null> {
    const keys = manager.getRepository(ApiKey);
    const { affected } = await keys.update({ keyId, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
    return affected ? keys.findOneBy({ keyId }) : null;
  }

  find(keyId: string): Promise<Key | null> {
    return this.keys.findOneBy({ keyId });
  }

  /** Those that are not revoked first, then the newest. */
  list(): Promise<Key[]> {
    return this.keys
      .createQueryBuilder('key')
      .addSelect('key.revokedAt is not null', 'is_revoked')
      .orderBy('is_revoked')
      .addOrderBy('key.keyId', 'DESC')
      .limit(MAX_LISTED)
      .getMany();
  }

  listUsable(): Promise<UsableKey[]> {
    return this.keys
      .createQueryBuilder('key')
      .select('key.keyId', 'keyId')
      .addSelect('key.name', 'name')
      .addSelect('key.scopes', 'scopes')
      .addSelect('key.digest', 'digest')
      .addSelect('(extract(epoch from key.expiresAt - now()) * 1000)::float8', 'expiresInMs')
      .where('key.revokedAt is null and (key.expiresAt is null or key.expiresAt > now())')
      .getRawMany<UsableKey>();
  }

  /** When keys were last used, as milliseconds ago. SQL: one statement for all keys. */
  async noteUse(uses: readonly { readonly keyId: string; readonly agoMs: number }[]): Promise<void> {
    await this.keys.query(
      `update tbl_iot_api_keys key
          set last_used_at = greatest(key.last_used_at, now() - make_interval(secs => use.ago_ms / 1000))
         from unnest($1::bigint[], $2::float8[]) as use (key_id, ago_ms)
        where key.key_id = use.key_id`,
      [uses.map(({ keyId }) => keyId), uses.map(({ agoMs }) => agoMs)],
    );
  }
}
