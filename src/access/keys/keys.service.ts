import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../audit/audit-actor.js';
import { AuditService } from '../audit/audit.service.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { type CreateKeyDto } from './create-key.dto.js';
import { digestOf, makeKeySecret } from './key-secret.js';
import { type Key, KeyNotFoundError, TooManyKeysError } from './key.js';
import { KeysRepository } from './keys.repository.js';
import { KnownKeys } from './known-keys.js';

/** All of them are held in memory. Two that are made at the same moment may be one more. */
const MAX_KEYS = 1_000;

export interface MadeKey {
  readonly key: Key;
  /** Shown this once: only its hash is kept. */
  readonly secret: string;
}

/** Creates and revokes keys, and records both in the audit. */
@Injectable()
export class KeysService {
  constructor(
    private readonly repository: KeysRepository,
    private readonly audit: AuditService,
    private readonly known: KnownKeys,
  ) {}

  /** Throws InvalidInputError, KeyNameTakenError, TooManyKeysError. */
  async create({ name, scopes, expiresAt = null }: CreateKeyDto, actor: AuditActor): Promise<MadeKey> {
    if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
      throw new InvalidInputError('expiresAt must be in the future');
    }
    const secret = makeKeySecret();
    const key = await this.repository.transaction(async (manager) => {
      if ((await this.repository.countUnrevoked(manager)) >= MAX_KEYS) {
        throw new TooManyKeysError(MAX_KEYS);
      }
      const made = await this.repository.insert(manager, { name, scopes, expiresAt, digest: digestOf(secret) });
      await this.audit.record({ actor, action: 'key.created', details: { keyId: made.keyId, name, scopes, expiresAt } }, manager);
      return made;
    });
    this.known.forget();
    return { key, secret };
  }

  list(): Promise<Key[]> {
    return this.repository.list();
  }

  /** Once more does no harm. Throws KeyNotFoundError. */
  async revoke(keyId: string, actor: AuditActor): Promise<Key> {
    const revoked = await this.repository.transaction(async (manager) => {
      const key = await this.repository.revoke(manager, keyId);
      if (key) {
        await this.audit.record({ actor, action: 'key.revoked', details: { keyId, name: key.name } }, manager);
      }
      return key;
    });
    this.known.forget();
    const key = revoked ?? (await this.repository.find(keyId));
    if (!key) {
      throw new KeyNotFoundError(keyId);
    }
    return key;
  }
}
