/**
 * What a key is good for. `admin` is everything. `command` does not include `read`: a box that only fires commands need not be able
 * to read where people drive; a key that needs both gets both.
 */
export const SCOPES = ['read', 'command', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes(needed) || scopes.includes('admin');
}

/** Of a route that names none: looking needs `read`, everything else `admin`, so that a route whose scope was forgotten is closed. */
export function defaultScope(method: string): Scope {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase()) ? 'read' : 'admin';
}

/** What a request carries in the place of a key: a session of the console. */
export interface CallerSession {
  readonly id: string;
  /** Who the session stands for now; null when it has ended, or its key is good no longer. Rejects while the database is unavailable. */
  readonly find: () => Promise<Caller | null>;
}

/** The key that a request carries. */
export interface Caller {
  /** Null for a key of IOT_API_KEY, which has no row. */
  readonly keyId: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Where it was a session that has led to the key. For requests that stay open. */
  readonly session?: CallerSession;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard: there on every route that is not public. */
    caller?: Caller;
  }
}
