import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { SettingsError } from '../config/settings.module.js';
import { isLockTimeout, isReadOnly } from './database-errors.js';
import { IS_WRITABLE } from './server-probe.js';
import { Telemetry1790000000000 } from '../../../migrations/1790000000000-telemetry.js';
import { Commands1790000001000 } from '../../../migrations/1790000001000-commands.js';
import { CommandIndexPredicates1790000001500 } from '../../../migrations/1790000001500-command-index-predicates.js';
import { Webhooks1790000002000 } from '../../../migrations/1790000002000-webhooks.js';
import { Sessions1790000003000 } from '../../../migrations/1790000003000-sessions.js';
import { ApiKeys1790000004000 } from '../../../migrations/1790000004000-api-keys.js';
import { Audit1790000004100 } from '../../../migrations/1790000004100-audit.js';
import { Admission1790000005000 } from '../../../migrations/1790000005000-admission.js';
import { CommandTruth1790000006000 } from '../../../migrations/1790000006000-command-truth.js';
import { TelemetryDays1790000007000 } from '../../../migrations/1790000007000-telemetry-days.js';
import { TableBounds1790000008000 } from '../../../migrations/1790000008000-table-bounds.js';
import { RecordPlaces1790000008500 } from '../../../migrations/1790000008500-record-places.js';

/** Migrations are pending and the server accepts no writes. */
export class ReadOnlyServerError extends SettingsError {
  constructor() {
    super(['DATABASE_URL: the database needs migrations, and its server is read-only']);
  }
}

/** In the order in which they run. */
const MIGRATIONS = [
  Telemetry1790000000000,
  Commands1790000001000,
  CommandIndexPredicates1790000001500,
  Webhooks1790000002000,
  Sessions1790000003000,
  ApiKeys1790000004000,
  Audit1790000004100,
  Admission1790000005000,
  CommandTruth1790000006000,
  TelemetryDays1790000007000,
  TableBounds1790000008000,
  RecordPlaces1790000008500,
];

/** Any number will do, as long as every gateway takes the same. */
const MIGRATION_LOCK = 7_310_200_811;
/** How long a migration waits for a table lock, and for the next try. */
const LOCK_TIMEOUT = '300ms';
const LOCK_RETRY_MS = 2_000;

/**
 * Brings the database at `url` up to date. Safe when many instances start together: the first one migrates, the
 * others wait and find nothing left to do. Gives the names of the migrations that this call ran. Throws ReadOnlyServerError; a read-only
 * database that is up to date is none.
 */
export async function runMigrations(url: string): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTableName: 'tbl_iot_migrations',
    applicationName: 'iot-broker migrations',
    // One connection holds the lock, the other one migrates.
    poolSize: 2,
  });
  await connect(dataSource);
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    if (await isReadOnlyServer(lock)) {
      return await nothingPending(dataSource);
    }
    return await migratePatiently(dataSource);
  } finally {
    await giveBack(dataSource, lock);
  }
}

async function isReadOnlyServer(queryRunner: QueryRunner): Promise<boolean> {
  const [answer] = (await queryRunner.query(`select ${IS_WRITABLE} as "isWritable"`)) as { isWritable: boolean }[];
  return answer?.isWritable === false;
}

/** Throws ReadOnlyServerError when something is pending. */
async function nothingPending(dataSource: DataSource): Promise<[]> {
  // TypeORM makes the table of migrations where there is none.
  const isPending = await dataSource
    .showMigrations()
    .catch((error: unknown) => isReadOnly(error) || Promise.reject(error as Error));
  if (isPending) {
    throw new ReadOnlyServerError();
  }
  return [];
}

/** Never rejects: it would hide the error of the migration. Closing the connection releases the lock as well. */
async function giveBack(dataSource: DataSource, lock: QueryRunner): Promise<void> {
  await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
  await lock.release().catch(() => undefined);
  await dataSource.destroy().catch(() => undefined);
}

/**
 * A migration that has to wait for a table is given up and tried again, for as long as it takes: whoever else asks for that table would wait behind
 * it. Those that are done stay done.
 */
async function migratePatiently(dataSource: DataSource): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  const logger = new Logger('Migrations');
  try {
    await queryRunner.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    const pending = (await executor.getPendingMigrations()).map(({ name }) => name);
    for (let isFirst = true; ; isFirst = false) {
      try {
        await executor.executePendingMigrations();
        return pending;
      } catch (error) {
        if (!isLockTimeout(error)) {
          throw error;
        }
        if (isFirst) {
          logger.warn(
            `A migration waits for a table that another transaction holds (pg_stat_activity shows it): ${String(error)}`,
          );
        }
        await delay(LOCK_RETRY_MS);
      }
    }
  } finally {
    await queryRunner.release().catch(() => undefined);
  }
}

/** The first connection of all: when there is none, it is the setting or the server, and a stack would help nobody. */
async function connect(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new SettingsError([`DATABASE_URL: no connection to the database: ${message || code}`]);
  }
}
