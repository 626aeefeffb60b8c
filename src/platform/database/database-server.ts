import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type DatabaseSettings, type ProcessSettings } from '../config/settings.js';
import { refuseUnsetPooler } from './pooler.js';
import { ReadOnlyServerError, runMigrations } from './migrations.js';
import { GatewayLogger } from '../observability/gateway-logger.js';

const READ_ONLY_RETRY_MS = 1_000;

/** A PostgreSQL server that was started for this process. */
export interface StartedServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a PostgreSQL server for development, with its files below `dataDir`. */
export type StartServer = (options: { readonly dataDir: string; readonly log: (line: string) => void }) => Promise<StartedServer>;

/** The PostgreSQL server of this gateway: the one that DATABASE_URL names, or one that starts and stops with the process. */
export class DatabaseServer {
  private constructor(
    readonly url: string,
    /** Without a pooler between: for what belongs to a session of PostgreSQL. */
    readonly directUrl: string,
    private readonly embedded: StartedServer | null,
  ) {}

  /** Starts a server when DATABASE_URL is not set, and runs migrations. Stops the server again when it fails. */
  static async start(process: ProcessSettings, database: DatabaseSettings, startServer: StartServer): Promise<DatabaseServer> {
    const logger = new Logger('Database');
    const embedded =
      database.DATABASE_URL === undefined
        ? await startServer({ dataDir: process.databaseDir, log: (line) => logger.log(line) })
        : null;
    const url = embedded?.url ?? database.DATABASE_URL ?? '';
    const server = new DatabaseServer(url, embedded ? url : (database.DATABASE_DIRECT_URL ?? url), embedded);
    try {
      if (!embedded) {
        await refuseUnsetPooler(url, database);
      }
      await migrateWhenWritable(server.directUrl, process);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Stops the embedded server, if there is one. Called last: everything else needs the database until it has ended. */
  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}

/** A standby becomes the primary, a primary is made writable again: the start waits for it when migrations are pending. */
async function migrateWhenWritable(url: string, process: ProcessSettings): Promise<void> {
  for (let hasLogged = false; ; hasLogged = true) {
    try {
      await runMigrations(url);
      return;
    } catch (error) {
      if (!(error instanceof ReadOnlyServerError)) {
        throw error;
      }
      if (!hasLogged) {
        // Nest keeps the lines of its own logger back until the modules are made.
        new GatewayLogger(process).warn(
          'The database is read-only and needs migrations: the start waits until it is writable',
          'Database',
        );
      }
      await delay(READ_ONLY_RETRY_MS);
    }
  }
}
