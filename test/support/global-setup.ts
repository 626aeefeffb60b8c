import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type * as Launcher from '../../src/embedded-postgres/embedded-postgres.js';

declare global {
  /** jest runs the setup and the teardown in one process and gives them nothing else to share. */
  var stopTestServer: (() => Promise<void>) | undefined;
}

/** jest loads this file as CommonJS, without its module mapping: the launcher can only come from the built program. */
const BUILT_LAUNCHER = fileURLToPath(new URL('../../dist/src/embedded-postgres/embedded-postgres.js', import.meta.url));

/** Starts one server for the whole run and publishes it to the test files (`test-postgres.ts`). */
// eslint-disable-next-line no-restricted-exports -- jest takes the default export
export default async function startTestServer(): Promise<void> {
  if (globalThis.stopTestServer) {
    return;
  }
  const run = `test_${randomBytes(4).toString('hex')}`;
  const external = process.env.TEST_DATABASE_URL;
  const server = external ? { url: external, stop: () => dropDatabases(external, run) } : await startOwnServer();
  process.env.TEST_SERVER_URL = server.url;
  process.env.TEST_RUN = run;
  globalThis.stopTestServer = server.stop;
  stopWhenInterrupted();
}

interface TestServer {
  url: string;
  stop: () => Promise<void>;
}

async function startOwnServer(): Promise<TestServer> {
  if (!existsSync(BUILT_LAUNCHER)) {
    throw new Error(`${BUILT_LAUNCHER} is missing: run "npm run build" first (npm test does)`);
  }
  const { startEmbeddedPostgres } = (await import(BUILT_LAUNCHER)) as typeof Launcher;
  const dir = await mkdtemp(join(tmpdir(), 'iot-broker-test-'));
  await chmod(dir, 0o755); // started by root, the server runs as another user
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), settings: { max_connections: '200' } });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The server is detached: a Ctrl-C that ends jest does not end it. */
function stopWhenInterrupted(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void globalThis.stopTestServer?.().finally(() => process.kill(process.pid, signal));
    });
  }
}

async function dropDatabases(url: string, run: string): Promise<void> {
  const admin = new Client(url);
  await admin.connect();
  try {
    const { rows } = await admin.query<{ name: string }>(
      `select datname as name from pg_database where starts_with(datname, $1)`,
      [`${run}_`],
    );
    for (const { name } of rows) {
      await admin.query(`drop database if exists ${name} with (force)`);
    }
  } finally {
    await admin.end();
  }
}
