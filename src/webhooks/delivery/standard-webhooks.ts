import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** Keys from `whsec_` and base64, separated by commas. During a rotation there are two, and both sign. */
export function signingKeys(secrets: string): Buffer[] {
  return secrets
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret.startsWith(PREFIX))
    .map((secret) => Buffer.from(secret.slice(PREFIX.length), 'base64'));
}

/** The headers of Standard Webhooks for one attempt. Without keys there is no signature. */
export function webhookHeaders(
  keys: readonly Buffer[],
  { id, body }: { readonly id: string; readonly body: string },
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(keys.length > 0 ? { 'webhook-signature': signatureOf(keys, id, timestamp, body) } : {}),
  };
}

/** HMAC-SHA256 over `id.timestamp.body`, one for each key. */
function signatureOf(keys: readonly Buffer[], id: string, timestamp: number, body: string): string {
  const signed = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
}
