import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { NodeProcess } from '../support/node-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const MIGRATE = fileURLToPath(new URL('../../dist/src/migrate.js', import.meta.url));

/** An empty folder: no `.env`, and nothing may be left in it. */
let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-migrate-'));
  database = await createTestDatabase({ migrated: false });
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function migrate(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const process = new NodeProcess({ args: [MIGRATE], cwd: folder, env });
  const { code } = await process.exit;
  return { code, output: process.lines.join('\n') };
}

async function migrations(): Promise<string[]> {
  return (await database.query<{ name: string }>('select name from tbl_iot_migrations order by id')).map(({ name }) => name);
}

describe('migrate', () => {
  it('migrates an empty database, and finds nothing to do the second time', async () => {
    const first = await migrate({ DATABASE_URL: database.url });
    expect(first).toEqual({ code: 0, output: expect.stringMatching(/up to date, migrated now: \w+/) as string });
    const names = await migrations();
    expect(names.length).toBeGreaterThan(0);
    expect(first.output).toContain(names.join(', '));

    const second = await migrate({ DATABASE_URL: database.url });
    expect(second).toEqual({ code: 0, output: expect.stringMatching(/The database is up to date$/) as string });
    expect(await migrations()).toEqual(names);
  });

  it('migrates once when several run at the same time', async () => {
    const other = await createTestDatabase({ migrated: false });
    const runs = await Promise.all(Array.from({ length: 3 }, () => migrate({ DATABASE_URL: other.url })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(runs.filter(({ output }) => output.includes('migrated now'))).toHaveLength(1);
    await other.drop();
  });

  it('waits for a table that a long transaction holds, says so once, and goes on when that has ended', async () => {
    const busy = await createTestDatabase({ migrated: false });
    const rival = new Client({ connectionString: busy.url });
    await rival.connect();
    await rival.query('begin; create table tbl_iot_audit ()');
    const process = new NodeProcess({ args: [MIGRATE], cwd: folder, env: { DATABASE_URL: busy.url } });
    await process.waitForLine(/A migration waits for a table that another transaction holds/);
    await rival.query('rollback');
    await rival.end();
    expect((await process.exit).code).toBe(0);
    expect(process.lines.join('\n')).toMatch(/migrated now: .*\bAudit\d+/);
    expect(process.lines.filter((line) => line.includes('A migration waits'))).toHaveLength(1);
    await busy.drop();
  });

  it('ends with 1 and without a stack when the database was created before the first release', async () => {
    const old = await createTestDatabase({ migrated: false });
    await old.query('create table tbl_iot_migrations (id serial primary key, timestamp bigint not null, name text not null)');
    await old.query(`insert into tbl_iot_migrations (timestamp, name) values (1790000000000, 'Telemetry1790000000000')`);
    const { code, output } = await migrate({ DATABASE_URL: old.url });
    expect(code).toBe(1);
    expect(output).toContain('Create a new database');
    expect(output).not.toMatch(/^\s+at /m);
    await old.drop();
  });

  it.each([
    ['names no PostgreSQL', { DATABASE_URL: 'mysql://secret@host/db' }, 'DATABASE_URL must begin with postgres://'],
    [
      'names one that can not be reached',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      'DATABASE_URL: no connection to the database: connect ECONNREFUSED',
    ],
    ['is not set', {}, 'DATABASE_URL must name the database to migrate'],
  ])('ends with 1 and the reason when DATABASE_URL %s', async (_name, env, reason) => {
    const { code, output } = await migrate(env);
    expect(code).toBe(1);
    expect(output).toContain(reason);
    expect(output).not.toContain('secret');
  });
});
