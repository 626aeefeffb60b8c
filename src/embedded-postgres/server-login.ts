import { Client } from 'pg';
import { hasCode } from './embedded-postgres.error.js';

/** The database that the gateway uses. */
const DATABASE_NAME = 'iot_broker';

const CONNECT_TIMEOUT_MS = 5_000;
const CANNOT_CONNECT_NOW = '57P03';
const BAD_PASSWORD = '28P01';

export interface ServerLogin {
  readonly port: number;
  readonly password: string;
}

/** The answer of a server to a connection attempt. */
export type ServerAnswer =
  | { readonly state: 'ready' }
  /** Starting, recovering or shutting down: it is there. */
  | { readonly state: 'busy' }
  | { readonly state: 'wrong-password' }
  | { readonly state: 'absent'; readonly error: Error };

export function serverUrl(login: ServerLogin): string {
  return `postgres://postgres:${login.password}@127.0.0.1:${login.port}/${DATABASE_NAME}`;
}

export async function askServer(login: ServerLogin): Promise<ServerAnswer> {
  try {
    await query(login, 'select 1');
    return { state: 'ready' };
  } catch (error) {
    if (hasCode(error, CANNOT_CONNECT_NOW)) {
      return { state: 'busy' };
    }
    if (hasCode(error, BAD_PASSWORD)) {
      return { state: 'wrong-password' };
    }
    return { state: 'absent', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Makes the gateway's database, unless an earlier start has. */
export async function ensureDatabase(login: ServerLogin): Promise<void> {
  if ((await query(login, `select from pg_database where datname = '${DATABASE_NAME}'`)) === 0) {
    await query(login, `create database ${DATABASE_NAME}`);
  }
}

/** Gives the number of rows. */
async function query(login: ServerLogin, sql: string): Promise<number> {
  const client = new Client({
    host: '127.0.0.1',
    port: login.port,
    user: 'postgres',
    password: login.password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {
    // A server that ends during a query rejects the query; without a listener it would end the process as well.
  });
  try {
    await client.connect();
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
