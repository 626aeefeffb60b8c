import { Client, type ClientConfig } from 'pg';
import { type PoolConnections } from './pool-connections.js';

/** The pool gives its own options to each of its clients. */
export interface PooledClientConfig extends ClientConfig {
  readonly connections?: PoolConnections;
}

/**
 * A client whose loss is never an event that nobody listens to, which would end the process.
 *
 * The pool listens while a client is idle, and TypeORM while it has one, but TypeORM begins a microtask after the pool has ended. All messages of
 * one TCP segment are handled in between: a server that is killed sends its "terminating connection" right behind the "ready" of a new
 * connection, or behind that of a statement whose connection was given to the next one waiting. Whoever holds the client hears of it anyway: its
 * statement fails, and the pool does not take it back.
 */
export class PooledClient extends Client {
  constructor(config?: string | PooledClientConfig) {
    super(config);
    this.on('error', () => undefined);
    if (typeof config === 'object') {
      config.connections?.add(this);
    }
  }
}

/** What pg's pool is told beside the address and the size. */
export const POOL_OPTIONS = {
  Client: PooledClient,
  // A pool that is used up or a server that does not answer is an error to retry, not a reason to hang.
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
};
