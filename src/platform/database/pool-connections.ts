import { type Client, type Pool } from 'pg';
import { isDatabaseAway, isReadOnly } from './database-errors.js';

/**
 * The connections of the pool, so that all of them can be replaced. After a failover by DNS or by a virtual address, established connections stay
 * with the old primary: only a new connection reaches the new one.
 */
export class PoolConnections {
  private readonly open = new Set<Client>();
  private readonly idle = new Set<Client>();
  /** Closed as soon as nobody uses them. What they report is no news. */
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
      // Whoever is told nothing but that: a connection that ends before it is there.
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

  private note(client: Client, error: Error): void {
    if (this.stale.has(client)) {
      return;
    }
    if (isReadOnly(error)) {
      this.stale.add(client);
    }
    if (isDatabaseAway(error)) {
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
