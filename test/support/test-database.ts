import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { testDatabaseName, testServerUrl } from './test-postgres.js';
import { waitFor } from './wait-for.js';

/** A database of its own for one test file. */
export interface TestDatabase {
  readonly url: string;
  query<T>(sql: string, params?: readonly unknown[]): Promise<T[]>;
  /**
   * Resolves when every transaction of the server that began to write before now has ended. Until then events that are committed already can not be
   * read, and a stream that begins now sends them. All test files of a run share one server.
   */
  settled(): Promise<void>;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** False: an empty database. Default: a copy of the template, which is migrated once a run. */
  migrated?: boolean;
}

export async function createTestDatabase({ migrated = true }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = testDatabaseName(randomBytes(6).toString('hex'));
  await withAdmin(async (admin) => {
    const template = migrated ? await ensureTemplate(admin) : 'template1';
    await admin.query(`create database ${name} template ${template}`);
  });
  const database = openDatabase(urlOf(name));
  return {
    ...database,
    drop: async () => {
      await database.drop();
      await withAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** A database the test has made itself; dropping it only closes the connections to it. */
export function openDatabase(url: string): TestDatabase {
  const pool = new Pool({ connectionString: url, max: 4, allowExitOnIdle: true });
  pool.on('error', () => {
    // An idle connection that a test cut off: the next query gets a new one.
  });
  const query = async <T>(sql: string, params: readonly unknown[] = []): Promise<T[]> =>
    (await pool.query(sql, [...params])).rows as T[];
  return {
    url,
    query,
    settled: async () => {
      const [own] = await query<{ xid: string }>('select pg_current_xact_id()::text as xid');
      const olderHaveEnded = async (): Promise<boolean> => {
        const found = await query(`select where pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8`, [own!.xid]);
        return found.length > 0;
      };
      await waitFor(olderHaveEnded, { timeoutMs: 60_000, what: 'the older transactions of the server to end' });
    },
    drop: () => pool.end(),
  };
}

/** The first caller of all jest workers migrates; it gets its name last, so that half a template is never copied. */
async function ensureTemplate(admin: Client): Promise<string> {
  const template = testDatabaseName('template');
  const draft = testDatabaseName('template_draft');
  await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
  try {
    const found = await admin.query('select from pg_database where datname = $1', [template]);
    if (found.rowCount === 0) {
      await admin.query(`drop database if exists ${draft} with (force)`);
      await admin.query(`create database ${draft}`);
      await migrate(urlOf(draft));
      await admin.query(`alter database ${draft} rename to ${template}`);
    }
    return template;
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [template]);
  }
}

async function migrate(url: string): Promise<void> {
  const { runMigrations } = await import('../../src/platform/database/migrations.js');
  await runMigrations(url);
}

function urlOf(database: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${database}`;
  return url.href;
}

async function withAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client(testServerUrl());
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
