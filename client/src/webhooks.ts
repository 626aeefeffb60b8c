import { type webhooks } from './schema.generated.js';

/** What a webhook delivers: an event, or failed commands together. `type` distinguishes them. */
export type WebhookBody = webhooks[keyof webhooks]['post']['requestBody']['content']['application/json'];

export type WebhookErrorCode = 'MISSING_HEADER' | 'BAD_TIMESTAMP' | 'BAD_SIGNATURE' | 'BAD_BODY';

/** A request that did not come from the gateway, or not now. Answer it with 400. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';

  constructor(
    readonly code: WebhookErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Of `Request.headers`, or of Node's `IncomingMessage.headers`. */
export type WebhookHeaders =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** `whsec_...`. Several while a secret is replaced: one must fit. */
  readonly secret: string | readonly string[];
  /** How far the time of the request may be from now, in seconds. Default 300. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since 1970; the clock of the machine when not given. */
  readonly now?: () => number;
}

const SECRET_PREFIX = 'whsec_';
const VERSION_PREFIX = 'v1,';
const DEFAULT_TOLERANCE_SECONDS = 300;
const SECOND_MS = 1_000;

/**
 * Verifies a webhook (https://www.standardwebhooks.com) and returns its body. `body` is the text or the bytes as they were received: parsed and written again it
 * has another signature. Throws WebhookVerificationError. Deliveries can repeat: `eventId` identifies an event.
 */
export async function verify(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  { secret, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, now = Date.now }: VerifyOptions,
): Promise<WebhookBody> {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature');
  const ageSeconds = now() / SECOND_MS - Number(timestamp);
  if (!/^\d+$/.test(timestamp) || Math.abs(ageSeconds) > toleranceSeconds) {
    throw new WebhookVerificationError('BAD_TIMESTAMP', `webhook-timestamp is not within ${toleranceSeconds} s of now`);
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const signed = concatenated(new TextEncoder().encode(`${id}.${timestamp}.`), bytesOf(body));
  if (!(await isSigned(signed, signatures, [secret].flat()))) {
    throw new WebhookVerificationError('BAD_SIGNATURE', 'No signature of webhook-signature fits the secret');
  }
  return parsed(text);
}

function header(headers: WebhookHeaders, name: string): string {
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as Record<string, unknown>)[name];
  if (typeof value !== 'string' || value === '') {
    throw new WebhookVerificationError('MISSING_HEADER', `The request has no ${name}`);
  }
  return value;
}

/** WebCrypto compares in constant time. */
async function isSigned(signed: Uint8Array<ArrayBuffer>, signatures: string, secrets: readonly string[]): Promise<boolean> {
  const given = signatures.split(' ').flatMap((signature) => {
    const bytes = signature.startsWith(VERSION_PREFIX) ? fromBase64(signature.slice(VERSION_PREFIX.length)) : null;
    return bytes ? [bytes] : [];
  });
  for (const secret of secrets) {
    const key = await hmacKey(secret);
    for (const signature of given) {
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) {
        return true;
      }
    }
  }
  return false;
}

async function hmacKey(secret: string) {
  const bytes = fromBase64(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret);
  if (!bytes || bytes.length === 0) {
    throw new TypeError('The secret of webhooks is not base64 (whsec_...)');
  }
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: no signature, or no secret.
    return null;
  }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function parsed(text: string): WebhookBody {
  try {
    return JSON.parse(text) as WebhookBody;
  } catch {
    throw new WebhookVerificationError('BAD_BODY', 'The body is not JSON');
  }
}
