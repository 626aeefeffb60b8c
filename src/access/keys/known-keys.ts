import { Injectable } from '@nestjs/common';
import { type Caller, grants, type Scope } from '../scope.js';
import { digestOf, isKeySecret } from './key-secret.js';
import { KeyUsage } from './key-usage.js';
import { KeysRepository, type UsableKey } from './keys.repository.js';

/** A key that was revoked, on whatever instance, is good for this long, plus the time of one query. */
export const KEYS_ARE_KNOWN_FOR_MS = 2_000;
/** However many unknown keys come: the table is not read more often. */
const SHORTEST_BETWEEN_READS_MS = 250;

interface KnownKey extends Caller {
  readonly keyId: string;
  readonly expiresAtMs: number;
}

/**
 * All usable keys in memory, by digest (at most MAX_KEYS, see KeysService), read again when they are older than two seconds and
 * a key is looked up. The whole table rather than a cache of single keys: then a flood of wrong keys can neither push out the good ones nor
 * reach the database. A key that is not there but has the right form waits for a reading that began after it came, so that a new key
 * works on every instance at once. While the database is unavailable, stored keys are answered with 503: otherwise a revoked key would keep working.
 */
@Injectable()
export class KnownKeys {
  private keys = new Map<string, KnownKey>();
  private keysById = new Map<string, KnownKey>();
  /** When the reading that `keys` came from began, by performance.now(). */
  private readAt = -Infinity;
  /** What was read before this moment does not count: this instance has changed the table. */
  private changedAt = -Infinity;
  private lastBegun = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly repository: KeysRepository,
    private readonly usage: KeyUsage,
  ) {}

  /** Who has this key; null when it is unknown, revoked or expired. Rejects while the database is unavailable. */
  async find(secret: string): Promise<Caller | null> {
    if (!isKeySecret(secret)) {
      return null;
    }
    const askedAt = performance.now();
    const digest = digestOf(secret).toString('hex');
    await this.readSince(Math.max(askedAt - KEYS_ARE_KNOWN_FOR_MS, this.changedAt));
    if (!this.keys.has(digest)) {
      await this.readSince(askedAt);
    }
    return this.usable(this.keys.get(digest));
  }

  /** Who has the key with this id; null when it was revoked or has expired. Rejects while the database is unavailable. */
  async findById(keyId: string): Promise<Caller | null> {
    await this.readSince(Math.max(performance.now() - KEYS_ARE_KNOWN_FOR_MS, this.changedAt));
    return this.usable(this.keysById.get(keyId));
  }

  /** Those of the keys that can still be used for a scope, for requests that stay open. Rejects while the database is unavailable. */
  async stillUsable(keyIds: ReadonlySet<string>, scope: Scope): Promise<ReadonlySet<string>> {
    await this.readSince(Math.max(performance.now() - KEYS_ARE_KNOWN_FOR_MS, this.changedAt));
    const now = performance.now();
    const usable = [...this.keys.values()].filter(
      ({ keyId, scopes, expiresAtMs }) => keyIds.has(keyId) && expiresAtMs > now && grants(scopes, scope),
    );
    usable.forEach(({ keyId }) => this.usage.note(keyId));
    return new Set(usable.map(({ keyId }) => keyId));
  }

  /** This instance has made or revoked a key. */
  forget(): void {
    this.changedAt = performance.now();
  }

  private usable(key: KnownKey | undefined): Caller | null {
    if (!key || key.expiresAtMs <= performance.now()) {
      return null;
    }
    this.usage.note(key.keyId);
    return key;
  }

  private async readSince(moment: number): Promise<void> {
    while (this.readAt < moment) {
      this.reading ??= this.read().finally(() => (this.reading = null));
      await this.reading;
    }
  }

  private async read(): Promise<void> {
    const wait = this.lastBegun + SHORTEST_BETWEEN_READS_MS - performance.now();
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    const begun = performance.now();
    this.lastBegun = begun;
    const usable = await this.repository.listUsable();
    this.keys = new Map(usable.map((key) => [key.digest.toString('hex'), knownKey(key, begun)]));
    this.keysById = new Map([...this.keys.values()].map((key) => [key.keyId, key]));
    this.readAt = begun;
  }
}

function knownKey({ keyId, name, scopes, expiresInMs }: UsableKey, now: number): KnownKey {
  return { keyId, name, scopes, expiresAtMs: expiresInMs === null ? Infinity : now + expiresInMs };
}
