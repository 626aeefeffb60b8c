import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';

/** An empty database for a program that is not a Jest test: on the server of TEST_DATABASE_URL, or on one of its own. */
export interface ScratchPostgres {
  readonly url: string;
  /** A folder that goes with it. */
  readonly folder: string;
  remove(): Promise<void>;
}

export async function createScratchPostgres(name: string): Promise<ScratchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), `iot-broker-${name}-`));
  chmodSync(folder, 0o755); // started by root, the server runs as another user
  const { url, remove } = await (process.env.TEST_DATABASE_URL
    ? createDatabase(process.env.TEST_DATABASE_URL, name)
    : startServer(join(folder, 'postgres')));
  return {
    url,
    folder,
    remove: async () => {
      await remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function query<T>(url: string, sql: string, params: readonly unknown[] = []): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, [...params])).rows as T[];
  } finally {
    await client.end();
  }
}

async function startServer(dataDir: string): Promise<Omit<ScratchPostgres, 'folder'>> {
  const server = await startEmbeddedPostgres({ dataDir });
  return { url: server.url, remove: () => server.stop() };
}

async function createDatabase(server: string, name: string): Promise<Omit<ScratchPostgres, 'folder'>> {
  const database = `${name}_${randomBytes(6).toString('hex')}`;
  await query(server, `create database ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    remove: async () => {
      await query(server, `drop database if exists ${database} with (force)`);
    },
  };
}
