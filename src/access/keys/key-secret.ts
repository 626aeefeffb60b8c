import { createHash, randomBytes } from 'node:crypto';

/** So that scanners of source code and logs, and people, know one when they see it. */
const PREFIX = 'iot_';
const RANDOM_BYTES = 32;
const FORM = /^iot_[A-Za-z0-9_-]{43}$/;

/** 256 random bits. */
export function makeKeySecret(): string {
  return PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
}

/** Whether the text has the format of a key of this gateway. */
export function isKeySecret(text: string): boolean {
  return FORM.test(text);
}

/**
 * What is stored of a key. A plain SHA-256: slow hashes and salts are for what people think up, which can be guessed; 256 random bits
 * can't, and a hash that takes 100 ms would be paid with every request. Equal keys can't happen, so the hash is also the way to look
 * one up, and the time that takes reveals nothing: the hash of a guess cannot be chosen.
 */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
