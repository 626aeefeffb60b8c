import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.js';

/**
 * A server that starts while the gateway loads its other modules: both take a while, and the server is a process of its own. Begin it as soon as
 * the settings are valid; the module that needs the server takes it.
 */
export class EarlyStart {
  private starting: Promise<EmbeddedPostgres> | null = null;

  begin(options: EmbeddedPostgresOptions): void {
    this.starting = startEmbeddedPostgres(options);
    // Reported by `take`. Until then the rejection must not end the process.
    this.starting.catch(() => undefined);
  }

  /** The server that was begun, once, otherwise a new one. Rejects as `startEmbeddedPostgres` does. */
  take(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { starting } = this;
    this.starting = null;
    return starting ?? startEmbeddedPostgres(options);
  }

  /** Stops a server that was begun and not taken. Never rejects. */
  async abandon(): Promise<void> {
    const { starting } = this;
    this.starting = null;
    await starting?.then((server) => server.stop()).catch(() => undefined);
  }
}
