import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** Keys from `whsec_` and base64, separated by commas: while one takes the place of another, both sign. */
export function signingKeys(secrets: string): Buffer[] {
  return secrets
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret.startsWith(PREFIX))
    .map((secret) => Buffer.from(secret.slice(PREFIX.length), 'base64'));
}

/** The `webhook-signature` of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, one for each key. */
export function signatureOf(keys: readonly Buffer[], id: string, timestamp: number, body: string): string {
  const signed = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
}
