import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { type Scope } from '../scope.js';
import { type Key, KEY_FIELDS, KeyNameTakenError } from './key.js';

const MOST_LISTED = 2_000;

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

/** SQL of the keys. Time is the database's. */
@Injectable()
export class KeysRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Throws KeyNameTakenError. */
  async insert(manager: EntityManager, { name, scopes, digest, expiresAt }: NewKey): Promise<Key> {
    try {
      const [row] = await manager.query<[Key]>(
        `insert into tbl_iot_api_keys (name, scopes, key_sha256, expires_at) values ($1, $2, $3, $4) returning ${KEY_FIELDS}`,
        [name, scopes, digest, expiresAt],
      );
      return row;
    } catch (error) {
      throw isDuplicateKey(error) ? new KeyNameTakenError(name) : error;
    }
  }

  async countUnrevoked(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<[{ count: number }]>(
      `select count(*)::integer as count from tbl_iot_api_keys where revoked_at is null`,
    );
    return row.count;
  }

  /** Null when there is none that is not revoked. */
  async revoke(manager: EntityManager, keyId: string): Promise<Key | null> {
    const [rows] = await manager.query<[Key[], number]>(
      `update tbl_iot_api_keys set revoked_at = now() where key_id = $1 and revoked_at is null returning ${KEY_FIELDS}`,
      [keyId],
    );
    return rows[0] ?? null;
  }

  async find(keyId: string): Promise<Key | null> {
    const [row] = await this.dataSource.query<Key[]>(`select ${KEY_FIELDS} from tbl_iot_api_keys where key_id = $1`, [keyId]);
    return row ?? null;
  }

  /** Those that are not revoked first, then the newest. */
  async list(): Promise<Key[]> {
    return this.dataSource.query<Key[]>(
      `select ${KEY_FIELDS} from tbl_iot_api_keys order by revoked_at is not null, key_id desc limit $1`,
      [MOST_LISTED],
    );
  }

  async listUsable(): Promise<UsableKey[]> {
    return this.dataSource.query<UsableKey[]>(
      `select key_id::text as "keyId", name, scopes, key_sha256 as digest,
              (extract(epoch from expires_at - now()) * 1000)::float8 as "expiresInMs"
         from tbl_iot_api_keys
        where revoked_at is null and (expires_at is null or expires_at > now())`,
    );
  }

  /** When keys were last used, as milliseconds ago. */
  async noteUse(uses: readonly { readonly keyId: string; readonly agoMs: number }[]): Promise<void> {
    await this.dataSource.query(
      `update tbl_iot_api_keys key
          set last_used_at = greatest(key.last_used_at, now() - make_interval(secs => use.ago_ms / 1000))
         from unnest($1::bigint[], $2::float8[]) as use (key_id, ago_ms)
        where key.key_id = use.key_id`,
      [uses.map(({ keyId }) => keyId), uses.map(({ agoMs }) => agoMs)],
    );
  }
}
