import { computed, signal } from '@preact/signals';

export type Scope = 'read' | 'command' | 'admin';

/** The answer of /console/session. */
export interface Session {
  readonly key: { readonly keyId: string | null; readonly name: string; readonly scopes: readonly Scope[] };
  readonly expiresAt: string;
  readonly csrfToken: string;
  readonly gateway: {
    readonly version: string;
    readonly instance: string;
    readonly environment: 'development' | 'production' | 'test';
    readonly devicePorts: { readonly tcp: number | null; readonly tls: number | null; readonly udp: number | null };
  };
  readonly features: { readonly simulator: boolean; readonly mapFile: boolean; readonly mapStyleUrl: string | null };
}

export type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** `ended`: there was a session in this tab, and it was not signed out here. */
  | { readonly kind: 'signed-out'; readonly ended: boolean }
  | { readonly kind: 'signed-in'; readonly session: Session };

export const sessionState = signal<SessionState>({ kind: 'unknown' });

/** Null without a session. Screens exist only with one. */
export const session = computed(() => (sessionState.value.kind === 'signed-in' ? sessionState.value.session : null));

const SESSION_URL = '/console/session';

/** Whether the key that is signed in may do this: what it may not is not offered. */
export function may(scope: Scope): boolean {
  const scopes = session.value?.key.scopes ?? [];
  return scopes.includes(scope) || scopes.includes('admin');
}

/** Asks who is signed in: by the cookie, which scripts can not read. Never rejects. */
export async function loadSession(): Promise<void> {
  try {
    const response = await fetch(SESSION_URL);
    if (response.ok) {
      sessionState.value = { kind: 'signed-in', session: (await response.json()) as Session };
      return;
    }
    const reason = await reasonOf(response);
    sessionState.value = response.status === 401 ? { kind: 'signed-out', ended: false } : { kind: 'unreachable', reason };
  } catch {
    sessionState.value = { kind: 'unreachable', reason: 'The gateway does not answer' };
  }
}

/** Exchanges a key for a session. The key is kept nowhere. Returns why it is refused, or null. Never rejects. */
export async function signIn(key: string): Promise<string | null> {
  try {
    const response = await fetch(SESSION_URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    if (!response.ok) {
      return await reasonOf(response);
    }
    sessionState.value = { kind: 'signed-in', session: (await response.json()) as Session };
    return null;
  } catch {
    return 'The gateway does not answer';
  }
}

/** Ends the session at the gateway. Rejects when that is not known to have happened: the cookie is good then. */
export async function signOut(): Promise<void> {
  const response = await fetch(SESSION_URL, {
    method: 'DELETE',
    headers: { 'x-csrf-token': session.value?.csrfToken ?? '' },
  });
  if (!response.ok && response.status !== 401) {
    throw new Error(await reasonOf(response));
  }
  sessionState.value = { kind: 'signed-out', ended: false };
}

/** A call was answered 401: the key was revoked, the session has expired, or it was signed out elsewhere. */
export function noteSessionEnded(): void {
  if (session.peek()) {
    sessionState.value = { kind: 'signed-out', ended: true };
  }
}

async function reasonOf(response: Response): Promise<string> {
  const { error, code } = (await response.json().catch(() => ({}))) as { error?: string; code?: string };
  switch (code) {
    case 'UNAUTHORIZED':
      return 'This key is unknown, revoked or expired';
    case 'TOO_MANY_AUTH_FAILURES':
    case 'RATE_LIMITED': {
      const seconds = response.headers.get('retry-after') ?? '60';
      return `Too many failed sign-ins from this address. Try again in ${seconds} s`;
    }
    case 'DATABASE_UNAVAILABLE':
      return 'The database is not available. The gateway reconnects automatically';
    default:
      return error ?? `The gateway answered ${response.status}`;
  }
}
