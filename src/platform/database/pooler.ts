import { randomUUID } from 'node:crypto';
import { Client, type QueryConfig } from 'pg';
import { SettingsError } from '../config/settings.module.js';
import { type DatabaseSettings } from '../config/settings.js';

const TIMEOUT_MS = 10_000;
/** A busy pooler may give a connection the same server several times. */
const ATTEMPTS = 5;
const PROBE = 'select pg_backend_pid() as pid';

/** What the address of the database leads through. */
interface Pooling {
  /** Statements of one connection run in different sessions of PostgreSQL. */
  readonly isByTransaction: boolean;
  /** A prepared statement is known in the session that runs it. */
  readonly keepsPrepared: boolean;
}

/**
 * Throws SettingsError when the address leads through a pooler in transaction mode and the settings do not say so: advisory locks of the migrations would
 * stay behind in sessions of others, and notifications would not arrive. A server that can't be reached is left to the migrations to report.
 */
export async function refuseUnsetPooler(url: string, settings: DatabaseSettings): Promise<void> {
  const pooling = await findPooling(url).catch(() => null);
  const problems: string[] = [];
  if (pooling?.isByTransaction && settings.DATABASE_DIRECT_URL === undefined) {
    problems.push(
      'DATABASE_URL leads through a pooler in transaction mode: set DATABASE_DIRECT_URL to an address without it, for migrations and notifications',
    );
  }
  if (pooling?.isByTransaction && !pooling.keepsPrepared && settings.DATABASE_PREPARED_STATEMENTS) {
    problems.push(
      'DATABASE_PREPARED_STATEMENTS must be off: the pooler in DATABASE_URL does not keep prepared statements (PgBouncer 1.21 and later does, with max_prepared_statements above 0)',
    );
  }
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
}

/** Two connections that run in one session, or one that changes its session, are given out by transaction. */
async function findPooling(url: string): Promise<Pooling> {
  const [one, other] = [clientFor(url), clientFor(url)];
  // A name of its own: the sessions of a pooler may have the statements of others.
  const prepared = { name: `iot_pooler_probe_${randomUUID()}`, text: PROBE };
  try {
    await one.connect();
    const first = await sessionOf(one, prepared);
    // A pooler makes up the process id that it sends at the start.
    if (first === (one as unknown as { processID: number }).processID) {
      return { isByTransaction: false, keepsPrepared: true };
    }
    await other.connect();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await other.query('begin');
      const held = await sessionOf(other, PROBE);
      const now = await sessionOf(one, prepared).catch(() => null);
      await other.query('commit');
      if (held === first || now !== first) {
        return { isByTransaction: true, keepsPrepared: now !== null };
      }
    }
    return { isByTransaction: false, keepsPrepared: true };
  } finally {
    await Promise.allSettled([one.end(), other.end()]);
  }
}

/** The process of PostgreSQL that has run the statement. */
async function sessionOf(client: Client, statement: string | QueryConfig): Promise<number | undefined> {
  return (await client.query<{ pid: number }>(statement)).rows[0]?.pid;
}

function clientFor(connectionString: string): Client {
  const client = new Client({
    connectionString,
    application_name: 'iot-broker pooler check',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined); // the statement under way fails as well
  return client;
}
