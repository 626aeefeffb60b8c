import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { type DatabaseSettings, type ProcessSettings } from '../config/settings.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { runMigrations } from './migrations.js';

/** The PostgreSQL this gateway works on: the one DATABASE_URL names, or an embedded one that lives with the process. */
export class DatabaseServer {
  private constructor(
    readonly url: string,
    private readonly embedded: EmbeddedPostgres | null,
  ) {}

  /** Starts the embedded server when none is configured, and migrates either. Leaves no server behind when it fails. */
  static async start(process: ProcessSettings, database: DatabaseSettings): Promise<DatabaseServer> {
    const logger = new Logger('Database');
    const embedded =
      database.DATABASE_URL === undefined
        ? await startEmbeddedPostgres({ dataDir: resolve(join(process.DATA_DIR, 'postgres')), log: (line) => logger.log(line) })
        : null;
    const server = new DatabaseServer(embedded?.url ?? database.DATABASE_URL ?? '', embedded);
    try {
      await runMigrations(server.url);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Stops the embedded server, if there is one. The last thing a gateway does: everything else still needs it. */
  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
