import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;
/** Token and signature, in base64url. */
const FORM = /^([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export interface CookieAttributes {
  readonly isSecure: boolean;
  /** 0 deletes the cookie. */
  readonly maxAgeSeconds: number;
}

/**
 * The cookie of a session: a random token and its signature. The signature keeps guesses away from the database. The name depends on the secret,
 * because browsers give cookies to all ports of a host: gateways beside each other must not overwrite each other's.
 */
export class SessionCookie {
  private readonly suffix: string;

  constructor(private readonly secret: Buffer) {
    this.suffix = createHash('sha256').update(secret).digest('hex').slice(0, 8);
  }

  /** Behind TLS a browser takes a cookie of this prefix from the host itself only, not from a neighbour of its domain. */
  name(isSecure: boolean): string {
    return `${isSecure ? '__Host-' : ''}iot_console_${this.suffix}`;
  }

  makeToken(): Buffer {
    return randomBytes(TOKEN_BYTES);
  }

  /** The value of a Set-Cookie header. The path is `/`: the session and the API have no other one in common. */
  header(token: Buffer | null, { isSecure, maxAgeSeconds }: CookieAttributes): string {
    const value = token === null ? '' : `${token.toString('base64url')}.${this.sign(token)}`;
    const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])];
    return [`${this.name(isSecure)}=${value}`, ...attributes].join('; ');
  }

  /** Null when there is no such cookie; `forged` when its signature is not this gateway's. */
  read(header: string | undefined, isSecure: boolean): Buffer | 'forged' | null {
    const name = `${this.name(isSecure)}=`;
    const found = header?.split(';').find((pair) => pair.trim().startsWith(name));
    if (found === undefined) {
      return null;
    }
    const [, encoded = '', signature = ''] = FORM.exec(found.trim().slice(name.length)) ?? [];
    const token = Buffer.from(encoded, 'base64url');
    return token.length === TOKEN_BYTES && isSame(signature, this.sign(token)) ? token : 'forged';
  }

  private sign(token: Buffer): string {
    return createHmac('sha256', this.secret).update(token).digest('base64url');
  }
}

/** What a page sends with every change. It depends on the session alone: any instance can compute it. */
export function csrfTokenOf(token: Buffer): string {
  return createHmac('sha256', token).update('csrf').digest('base64url');
}

export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
