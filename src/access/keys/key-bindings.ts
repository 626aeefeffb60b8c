import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Caller } from '../scope.js';
import { digestOf } from './key-secret.js';
import { KnownKeys } from './known-keys.js';
import { ApiKeys } from './settings-keys.js';

/** Which key something depends on, as it may be stored: the id of a stored key, or a proof of a key of IOT_API_KEY. One of them is null. */
export interface KeyBinding {
  readonly keyId: string | null;
  /** HMAC-SHA-256 of the key's digest by a secret that is not stored: a key of IOT_API_KEY may be short enough to be guessed from its digest. */
  readonly proof: Buffer | null;
}

/** Binds something that lasts, such as a session of the console, to a key: it ends with the key. */
@Injectable()
export class KeyBindings {
  constructor(
    private readonly settingsKeys: ApiKeys,
    private readonly stored: KnownKeys,
  ) {}

  /** @param key that was found to be the one of `caller`. */
  bind(key: string, { keyId }: Caller, secret: Buffer): KeyBinding {
    return { keyId, proof: keyId === null ? proofOf(digestOf(key), secret) : null };
  }

  /** Who has the key; null when it was revoked, has expired, or is not in IOT_API_KEY any more. Rejects while the database is unavailable. */
  async find({ keyId, proof }: KeyBinding, secret: Buffer): Promise<Caller | null> {
    if (keyId !== null) {
      return this.stored.findById(keyId);
    }
    return this.settingsKeys.findByDigest((digest) => proof !== null && timingSafeEqual(proofOf(digest, secret), proof));
  }
}

function proofOf(digest: Buffer, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update(digest).digest();
}
