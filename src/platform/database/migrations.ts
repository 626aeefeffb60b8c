import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { SettingsError } from '../config/settings.module.js';
import { MIGRATION_LOCK } from './advisory-locks.js';
import { isLockTimeout, isReadOnly } from './database-errors.js';
import { IS_WRITABLE } from './server-probe.js';
import { applyFunctionChanges, findFunctionChanges, readSqlFunctions, type SqlFunctions } from './sql-functions.js';
import { adoptTransactionNumbers } from './transaction-numbers.js';
import { Telemetry1796000000000 } from '../../../migrations/1796000000000-telemetry.js';
import { Commands1796000001000 } from '../../../migrations/1796000001000-commands.js';
import { Events1796000002000 } from '../../../migrations/1796000002000-events.js';
import { Webhooks1796000003000 } from '../../../migrations/1796000003000-webhooks.js';
import { Sessions1796000004000 } from '../../../migrations/1796000004000-sessions.js';
import { Admission1796000005000 } from '../../../migrations/1796000005000-admission.js';
import { Diagnosis1796000006000 } from '../../../migrations/1796000006000-diagnosis.js';
import { ApiKeys1796000007000 } from '../../../migrations/1796000007000-api-keys.js';
import { Audit1796000008000 } from '../../../migrations/1796000008000-audit.js';
import { EventRetention1796000009000 } from '../../../migrations/1796000009000-event-retention.js';
import { ReadMarkers1796000012000 } from '../../../migrations/1796000012000-read-markers.js';
import { ConsoleSessions1796000015000 } from '../../../migrations/1796000015000-console-sessions.js';
import { SetAsideArrivals1796000017000 } from '../../../migrations/1796000017000-set-aside-arrivals.js';
import { EventAdoption1796000018000 } from '../../../migrations/1796000018000-event-adoption.js';
import { Sinks1796000020000 } from '../../../migrations/1796000020000-sinks.js';
import { RecordArrivals1796000021000 } from '../../../migrations/1796000021000-record-arrivals.js';
import { Leases1796000022000 } from '../../../migrations/1796000022000-leases.js';

/** Migrations are pending and the server accepts no writes. */
export class ReadOnlyServerError extends SettingsError {
  constructor() {
    super(['DATABASE_URL: the database needs migrations, and its server is read-only']);
  }
}

/** What the migrator brings a database to. */
export interface TargetSchema {
  /** In the order in which they run. */
  readonly migrations: (new () => MigrationInterface)[];
  /** Replaced after the migrations, when their content has changed. Those that earlier versions have created and that are not listed are dropped. */
  readonly functions: SqlFunctions;
}

const MIGRATIONS = [
  Telemetry1796000000000,
  Commands1796000001000,
  Events1796000002000,
  Webhooks1796000003000,
  Sessions1796000004000,
  Admission1796000005000,
  Diagnosis1796000006000,
  ApiKeys1796000007000,
  Audit1796000008000,
  EventRetention1796000009000,
  ReadMarkers1796000012000,
  ConsoleSessions1796000015000,
  SetAsideArrivals1796000017000,
  EventAdoption1796000018000,
  Sinks1796000020000,
  RecordArrivals1796000021000,
  Leases1796000022000,
];
/** The timestamp of the first migration. Those before it were part of no release and are not supported. */
const FIRST_TIMESTAMP = 1_796_000_000_000;
const MIGRATIONS_TABLE = 'tbl_iot_migrations';

/** How long a migration waits for a table lock, and for the next try. */
const LOCK_TIMEOUT = '300ms';
const LOCK_RETRY_MS = 2_000;

/** The schema of this version of the gateway. */
export async function targetSchema(): Promise<TargetSchema> {
  return { migrations: MIGRATIONS, functions: await readSqlFunctions() };
}

/**
 * Brings the database at `url` up to date: migrations, then functions. Safe when many instances start together: the first one migrates, the
 * others wait and find nothing left to do. Returns the names of the migrations and functions that this call applied or dropped. Throws
 * ReadOnlyServerError, but not for a read-only database that is up to date.
 */
export async function runMigrations(url: string, target?: TargetSchema): Promise<string[]> {
  const { migrations, functions } = target ?? (await targetSchema());
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    applicationName: 'iot-broker migrations',
    // One connection holds the lock, the other one migrates.
    poolSize: 2,
  });
  await connect(dataSource);
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseUnreleasedSchema(lock);
    if (await isReadOnlyServer(lock)) {
      return await nothingPending(dataSource, lock, functions);
    }
    return await migratePatiently(dataSource, functions);
  } finally {
    await giveBack(dataSource, lock);
  }
}

/** Throws for a database of a version before the first release, whose migrations were replaced. */
async function refuseUnreleasedSchema(queryRunner: QueryRunner): Promise<void> {
  if (!(await queryRunner.hasTable(MIGRATIONS_TABLE))) {
    return;
  }
  const unreleased = (await queryRunner.query(`select from ${MIGRATIONS_TABLE} where timestamp < $1 limit 1`, [
    FIRST_TIMESTAMP,
  ])) as unknown[];
  if (unreleased.length > 0) {
    throw new SettingsError([
      'DATABASE_URL: the database was created by a version before the first release, which cannot be migrated. ' +
        'Create a new database or, without DATABASE_URL, remove the folder DATA_DIR (.data)',
    ]);
  }
}

async function isReadOnlyServer(queryRunner: QueryRunner): Promise<boolean> {
  const [answer] = (await queryRunner.query(`select ${IS_WRITABLE} as "isWritable"`)) as { isWritable: boolean }[];
  return answer?.isWritable === false;
}

/** Throws ReadOnlyServerError when something is pending. */
async function nothingPending(dataSource: DataSource, queryRunner: QueryRunner, functions: SqlFunctions): Promise<[]> {
  // TypeORM creates the table of migrations when it is missing.
  const isPending = await dataSource
    .showMigrations()
    .catch((error: unknown) => isReadOnly(error) || Promise.reject(error as Error));
  // A function that is no longer used does no harm; it is dropped when the server accepts writes again.
  if (isPending || (await findFunctionChanges(queryRunner, functions)).pending.length > 0) {
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
 * A migration that has to wait for a table is stopped and tried again, for as long as it takes: other transactions that need the table would
 * wait behind it. Finished migrations are kept.
 */
async function migratePatiently(dataSource: DataSource, functions: SqlFunctions): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  const logger = new Logger('Migrations');
  try {
    await queryRunner.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    const migrations = (await executor.getPendingMigrations()).map(({ name }) => name);
    const changes = await findFunctionChanges(queryRunner, functions);
    for (let isFirst = true; ; isFirst = false) {
      try {
        await executor.executePendingMigrations();
        const applied = await applyFunctionChanges(queryRunner, functions.version, changes);
        if (await hasEvents(queryRunner)) {
          await adopt(queryRunner, logger);
        }
        return [...migrations, ...applied];
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

/** Not with the migrations of a test. */
function hasEvents(queryRunner: QueryRunner): Promise<boolean> {
  return queryRunner.hasTable('tbl_iot_event_adoption');
}

async function adopt(queryRunner: QueryRunner, logger: Logger): Promise<void> {
  if (await adoptTransactionNumbers(queryRunner)) {
    logger.warn('The database was restored into another cluster: events have new places in the feed, cursors of before get 410');
  }
}

/** The first connection of all. When it fails, the cause is the setting or the server, and a stack would not help. */
async function connect(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new SettingsError([`DATABASE_URL: no connection to the database: ${message || code}`]);
  }
}
