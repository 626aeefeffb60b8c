import { Client, type ClientConfig, type Pool, type QueryConfig } from 'pg';
import { isDatabaseUnavailable, isReadOnly } from './database-errors.js';

/**
 * The connections of the pool, so that all of them can be replaced. After a failover by DNS or by a virtual address, established connections stay
 * with the old primary: only a new connection reaches the new one.
 */
export class PoolConnections {
  private readonly open = new Set<Client>();
  private readonly idle = new Set<Client>();
  /** Closed as soon as they are idle. Their errors are not reported again. */
  private readonly stale = new WeakSet<Client>();

  /** @param onOutage called with every error that says the database is unavailable, from connections that are not stale. */
  constructor(private readonly onOutage: (error: Error) => void) {}

  /** Called by each connection that the pool makes. */
  add(client: Client): void {
    this.open.add(client);
    const note = (error: Error): void => this.note(client, error);
    let isConnected = false;
    client.once('connect', () => (isConnected = true));
    client.on('error', note);
    client.once('end', () => {
      this.forget(client);
      // The only thing the pool reports about a connection that ends before it is established.
      if (!isConnected) {
        note(new Error('Connection terminated before it was established'));
      }
    });
    client.connection.on('errorMessage', note);
    client.connection.on('error', note);
  }

  /** The pool does not say which of its connections are idle; its events do. */
  watch(pool: Pool): void {
    pool.on('acquire', (client) => this.idle.delete(client));
    pool.on('release', (_error, client) => this.released(client));
    pool.on('remove', (client) => this.forget(client));
  }

  /** Idle connections are closed now, the others when they are released: no statement is interrupted. */
  replaceAll(): void {
    this.open.forEach((client) => this.stale.add(client));
    // The pool removes a connection that breaks while it is idle.
    this.idle.forEach(({ connection }) => connection.stream.destroy(new Error('The connection is replaced')));
  }

  /** Closes all connections now. Statements under way fail as after a lost connection. */
  closeAll(reason: Error): void {
    this.open.forEach(({ connection }) => connection.stream.destroy(reason));
  }

  private note(client: Client, error: Error): void {
    if (this.stale.has(client)) {
      return;
    }
    if (isReadOnly(error)) {
      this.stale.add(client);
    }
    if (isDatabaseUnavailable(error)) {
      this.onOutage(error);
    }
  }

  private released(client: Client): void {
    if (this.stale.has(client)) {
      // The pool takes no connection back that is ending.
      void client.end();
    } else {
      this.idle.add(client);
    }
  }

  private forget(client: Client): void {
    this.open.delete(client);
    this.idle.delete(client);
  }
}

/** The pool gives its own options to each of its clients. */
export interface PooledClientConfig extends ClientConfig {
  readonly connections?: PoolConnections;
  /** Statements are sent without their names, so that the server keeps none of them (DATABASE_PREPARED_STATEMENTS). */
  readonly isUnprepared?: boolean;
}

/**
 * A client that always has an 'error' listener: without one, a lost connection would end the process.
 *
 * The pool listens while a client is idle, and TypeORM while it has one, but TypeORM begins a microtask after the pool has ended. All messages of
 * one TCP segment are handled in between: a server that is killed sends its "terminating connection" right behind the "ready" of a new
 * connection, or behind that of a statement whose connection was given to the next one waiting. The user of the client notices anyway: its
 * statement fails, and the pool does not take it back.
 */
export class PooledClient extends Client {
  constructor(config?: string | PooledClientConfig) {
    super(config);
    this.on('error', () => undefined);
    if (typeof config === 'object') {
      config.connections?.add(this);
      if (config.isUnprepared) {
        leaveOutNames(this);
      }
    }
  }
}

function leaveOutNames(client: Client): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((first: unknown, ...others: unknown[]) => query(withoutName(first), ...others)) as typeof client.query;
}

/** Only a statement that is given as `{ name, text, values }` has a name; COPY and cursors have none. */
function withoutName(statement: unknown): unknown {
  const isNamed = (statement as Partial<QueryConfig> | null)?.name !== undefined;
  return isNamed ? { ...(statement as QueryConfig), name: undefined } : statement;
}

/** Options of pg's pool besides the address and the size. */
export const POOL_OPTIONS = {
  Client: PooledClient,
  // A pool that is used up or a server that does not answer is an error to retry, not a reason to hang.
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
};
