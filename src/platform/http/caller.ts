import { type Scope } from './scope.js';

/** Whoever a request's key belongs to. */
export interface Caller {
  /** Null for a key of IOT_API_KEY, which has no row. */
  readonly keyId: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard: there on every route that is not public. */
    caller?: Caller;
  }
}

/** The keys that are made and revoked while the gateway runs. A class, to be its own token: the feature that keeps them provides it. */
export abstract class StoredKeys {
  /** Who has this key; null when it is not known, revoked or expired. Asked with every request: must not ask the database each time. */
  abstract find(key: string): Promise<Caller | null>;
}
