import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type Repository } from 'typeorm';
import { type KeyBinding } from '../../access/keys/key-bindings.js';
import { ConsoleSecret, ConsoleSession } from './console-session.entity.js';

/** A session that has not expired. */
export interface UsableSession extends KeyBinding {
  /** From now. */
  readonly expiresInMs: number;
}

export interface NewSession extends KeyBinding {
  readonly digest: Buffer;
  readonly lastsHours: number;
}

/** Access to `tbl_iot_console_sessions` and `tbl_iot_console_secret`. Time is the database's. */
@Injectable()
export class ConsoleSessionsRepository {
  constructor(
    @InjectRepository(ConsoleSession) private readonly sessions: Repository<ConsoleSession>,
    @InjectRepository(ConsoleSecret) private readonly secrets: Repository<ConsoleSecret>,
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.sessions.manager.transaction(work);
  }

  /** The secret of all instances: `candidate` when there is none yet. */
  async secret(candidate: Buffer): Promise<Buffer> {
    const known = await this.secrets.findOneBy({ isOnly: true });
    if (known) {
      return known.secret;
    }
    await this.secrets.createQueryBuilder().insert().values({ secret: candidate }).orIgnore().execute();
    return (await this.secrets.findOneByOrFail({ isOnly: true })).secret;
  }

  async insert(manager: EntityManager, { digest, keyId, proof, lastsHours }: NewSession): Promise<void> {
    const expiresAt = () => `now() + make_interval(hours => ${lastsHours})`;
    await manager.getRepository(ConsoleSession).insert({ digest, keyId, proof, expiresAt });
  }

  find(digest: Buffer): Promise<UsableSession | null> {
    return this.sessions
      .createQueryBuilder('session')
      .select('session.keyId', 'keyId')
      .addSelect('session.proof', 'proof')
      .addSelect('(extract(epoch from session.expiresAt - now()) * 1000)::float8', 'expiresInMs')
      .where('session.digest = :digest and session.expiresAt > now()', { digest })
      .getRawOne<UsableSession>()
      .then((session) => session ?? null);
  }

  async delete(manager: EntityManager, digest: Buffer): Promise<boolean> {
    const { affected } = await manager.getRepository(ConsoleSession).delete({ digest });
    return affected === 1;
  }

  /** Deletes expired sessions, and those of a key beyond its newest `limit`. Keys of IOT_API_KEY count as one. SQL: a row-wise offset. */
  async trim(manager: EntityManager, keyId: string | null, limit: number): Promise<void> {
    await manager.query(
      `delete from tbl_iot_console_sessions
        where expires_at <= now()
           or token_sha256 in (select token_sha256 from tbl_iot_console_sessions
                                where key_id is not distinct from $1::bigint
                                order by created_at desc offset $2)`,
      [keyId, limit],
    );
  }
}
