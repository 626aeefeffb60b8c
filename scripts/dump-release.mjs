/**
 * Makes test/fixtures/releases/<version>.sql.gz: `npm run release:dump`, once for each release. It is a database that a gateway of this version has filled:
 * devices with records, commands in several states, events that were delivered and events that wait for their host. Later versions must upgrade it (test/e2e/upgrade.e2e-spec.ts).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import pg from 'pg';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const KEY = 'a key for the dump of a release';
const ABSENT = '356307042700009';
/** Kept small: the file is checked in. */
const DEVICES = 3;
const RECORDS = 30;

/** Tables that refer to others come last. */
const COLUMNS = `
  select table_name as table, array_agg(column_name::text order by ordinal_position) as columns
    from information_schema.columns
   where table_schema = 'public' and is_generated = 'NEVER'
     and table_name in (select relname from pg_class where relkind in ('r', 'p') and not relispartition)
   group by table_name
   order by exists (select from pg_constraint where contype = 'f' and conrelid = to_regclass(table_name)), table_name`;

const SEQUENCES = `select format('select setval(%L, %s);', schemaname || '.' || sequencename, last_value) as statement from pg_sequences where last_value is not null`;

const { startEmbeddedPostgres } = await import(
  new URL('../dist/src/embedded-postgres/embedded-postgres.js', import.meta.url).href
);
const folder = mkdtempSync(join(tmpdir(), 'iot-broker-release-'));
chmodSync(folder, 0o755); // started by root, the server runs as another user
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
try {
  await fill(server.url);
  const target = join(ROOT, 'test/fixtures/releases');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, `${version}.sql.gz`), gzipSync(await dump(server.url), { level: 9 }));
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What the upgrade test looks for is made here. The webhook of NOTIFICATION_URL is refused, so that its events wait. */
async function fill(url) {
  const gateway = await start('src/main.js', [], {
    DATABASE_URL: url,
    IOT_API_KEY: KEY,
    BROKER_HOST: '127.0.0.1',
    BROKER_PORT: '0',
    API_HOST: '127.0.0.1',
    API_PORT: '0',
    EVENT_FEED_ENABLED: 'true',
    NOTIFICATION_URL: 'http://127.0.0.1:9',
  });
  const port = await gateway.line(/Devices connect to port (\d+)/);
  const api = `${await gateway.line(/REST API on (\S+)\/api\/v1/)}/api/v1`;
  const simulator = await start('src/simulator/main.js', [`--port=${port}`, `--devices=${DEVICES}`, '--interval=1', '--ramp=0']);
  await until(async () => (await call(api, 'GET', 'devices')).devices.length === DEVICES);
  const { imei: connected } = (await call(api, 'GET', 'devices')).devices[0];
  await call(api, 'POST', 'command', { imei: connected, command: 'getver' });
  await call(api, 'POST', 'command', { imei: ABSENT, command: 'setdigout 1', mode: 'queue', timeoutSeconds: 3600 });
  await call(api, 'PUT', `registered-devices/${ABSENT}`, { name: 'vehicle 9' });
  await call(api, 'POST', 'keys', { name: 'dashboard', scopes: ['read'] });
  await until(async () => (await call(api, 'GET', `commands?imei=${connected}`)).commands[0]?.status === 'COMPLETED');
  await until(async () => (await call(api, 'GET', `devices/${connected}/telemetry?limit=1000`)).records.length >= RECORDS);
  await simulator.end();
  await delay(2_000); // what the gateway writes in the background: the newest records, the device log, telemetry events
  await gateway.end();
}

async function start(program, args, env = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'dist', program), ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    line: (pattern) => until(() => lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined)),
    end: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function call(api, method, path, body) {
  const response = await fetch(`${api}/${path}`, {
    method,
    headers: { 'x-api-key': KEY, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}

async function until(find, timeoutMs = 60_000) {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await delay(100)) {
    const found = await find();
    if (found) {
      return found;
    }
  }
  throw new Error(`Waited ${timeoutMs} ms: ${find}`);
}

/** SQL that makes an equal database: the schema, then the rows of each table as JSON, then the sequences. */
async function dump(url) {
  const schema = execFileSync(process.execPath, [join(ROOT, 'scripts/generate-schema.mjs'), '--stdout', '--database', url], {
    encoding: 'utf8',
    maxBuffer: 33_554_432,
  });
  const client = new pg.Client(url);
  await client.connect();
  try {
    const statements = [];
    for (const { table, columns } of (await client.query(COLUMNS)).rows) {
      const list = columns.map((column) => `"${column}"`).join(', ');
      const [{ rows }] = (await client.query(`select json_agg(each)::text as rows from ${table} each`)).rows;
      if (rows !== null) {
        const text = `'${rows.replaceAll("'", "''")}'`;
        statements.push(
          `insert into ${table} (${list}) overriding system value select ${list} from json_populate_recordset(null::${table}, ${text});`,
        );
      }
    }
    const sequences = (await client.query(SEQUENCES)).rows.map(({ statement }) => statement);
    return [schema, 'set time zone utc;', ...statements, ...sequences, ''].join('\n');
  } finally {
    await client.end();
  }
}
