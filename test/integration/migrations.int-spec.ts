import { Client } from 'pg';
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { runMigrations, targetSchema, type TargetSchema } from '../../src/platform/database/migrations.js';
import { type SqlFunction } from '../../src/platform/database/sql-functions.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const LOCK_HOLDER = `select pid from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())`;
/** In this database: other test files use the same server. */
const LOCK_WAITER = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

let database: TestDatabase;
let rival: Client;

beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
  rival = new Client(database.url);
  await rival.connect();
});

afterEach(async () => {
  await rival.end();
  await database.drop();
});

describe('a migration that fails', () => {
  it('reports its own error when the connection that holds the lock is lost as well', async () => {
    await rival.query('begin; create table tbl_iot_telemetry_data (other int)');
    const outcome = runMigrations(database.url).then(
      () => null,
      (error: unknown) => error,
    );
    // The migration waits for the rival's table, which has the same name.
    await waitFor(async () => (await database.query(LOCK_WAITER)).length > 0, {
      what: 'the migration to wait',
    });
    const [holder] = await waitFor(
      async () => {
        const found = await database.query<{ pid: number }>(LOCK_HOLDER);
        return found.length > 0 && found;
      },
      { what: 'the migration lock to be taken' },
    );
    await database.query('select pg_terminate_backend($1)', [holder?.pid]);
    await waitFor(async () => (await database.query(LOCK_HOLDER)).length === 0, { what: 'the lock to be lost' });
    await rival.query('commit');
    expect(String(await outcome)).toMatch(/tbl_iot_telemetry_data|pg_type_typname_nsp_index/);
  });

  it('leaves the lock free for the next attempt', async () => {
    await database.query('create table tbl_iot_telemetry_data (other int)');
    await expect(runMigrations(database.url)).rejects.toThrow('already exists');
    await database.query('drop table tbl_iot_telemetry_data');
    expect((await runMigrations(database.url)).length).toBeGreaterThan(0);
  });
});

class AddNote1900000000000 implements MigrationInterface {
  readonly name = 'AddNote1900000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table tbl_iot_command_logs add column note text');
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

describe('ten migrators that start at once', () => {
  it('migrate an empty database once', async () => {
    const migrated = await Promise.all(Array.from({ length: 10 }, () => runMigrations(database.url)));
    expect(migrated.filter((names) => names.length > 0)).toHaveLength(1);
    const twice = await database.query('select from tbl_iot_migrations group by name having count(*) > 1');
    expect(twice).toEqual([]);
  });
});

describe('a migration of a table that a long transaction reads', () => {
  it('lets others use the table meanwhile, and finishes when the transaction has ended', async () => {
    const target = await targetSchema();
    await runMigrations(database.url, target);
    await rival.query('begin; select from tbl_iot_command_logs');
    const migrated = runMigrations(database.url, { ...target, migrations: [...target.migrations, AddNote1900000000000] });
    await waitFor(async () => (await database.query(LOCK_WAITER)).length > 0, {
      what: 'the migration to wait',
    });
    const begun = performance.now();
    await database.query('select from tbl_iot_command_logs');
    expect(performance.now() - begun).toBeLessThan(2_000);
    await rival.query('rollback');
    expect(await migrated).toEqual(['AddNote1900000000000']);
  });
});

describe('a database of a version before the first release', () => {
  it('is refused with the remedy, and is not changed', async () => {
    await database.query(
      `create table tbl_iot_migrations (id serial primary key, timestamp bigint not null, name text not null)`,
    );
    await database.query(`insert into tbl_iot_migrations (timestamp, name) values (1790000000000, 'Telemetry1790000000000')`);
    await expect(runMigrations(database.url)).rejects.toThrow(/before the first release.*remove the folder DATA_DIR \(\.data\)/);
    expect(await database.query(`select from pg_tables where tablename like 'tbl\\_iot\\_%'`)).toHaveLength(1);
  });
});

describe('SQL functions', () => {
  const answer = (value: number): SqlFunction => ({
    name: 'iot_answer',
    sql: `create or replace function iot_answer() returns integer language sql as 'select ${value}'`,
  });
  const version = (number: string, ...functions: SqlFunction[]): TargetSchema => ({
    migrations: [],
    functions: { version: number, functions },
  });
  const ask = async (): Promise<unknown> => (await database.query<{ iot_answer: number }>('select iot_answer()'))[0]?.iot_answer;

  it('are replaced when their content has changed, and only then', async () => {
    expect(await runMigrations(database.url, version('1.0.0', answer(1)))).toEqual(['iot_answer']);
    expect(await runMigrations(database.url, version('1.0.0', answer(1)))).toEqual([]);
    expect(await runMigrations(database.url, version('1.0.0', answer(2)))).toEqual(['iot_answer']);
    expect(await ask()).toBe(2);
  });

  it('are not replaced by an older version that starts during a rolling update', async () => {
    await runMigrations(database.url, version('1.9.0', answer(9)));
    await runMigrations(database.url, version('1.10.0', answer(10)));
    expect(await runMigrations(database.url, version('1.9.0', answer(9)))).toEqual([]);
    expect(await ask()).toBe(10);
  });

  it('of a release replace those of its release candidates, and not the other way round', async () => {
    await runMigrations(database.url, version('1.0.0-rc.2', answer(2)));
    await runMigrations(database.url, version('1.0.0-rc.10', answer(10)));
    expect(await ask()).toBe(10);
    await runMigrations(database.url, version('1.0.0', answer(100)));
    expect(await runMigrations(database.url, version('1.0.0-rc.10', answer(10)))).toEqual([]);
    expect(await ask()).toBe(100);
  });

  it('may call functions that are created after them', async () => {
    const caller = {
      name: 'iot_a',
      sql: `create or replace function iot_a() returns integer language sql as 'select iot_answer()'`,
    };
    expect(await runMigrations(database.url, version('1.0.0', caller, answer(3)))).toEqual(['iot_a', 'iot_answer']);
    expect(await database.query('select iot_a() as value')).toEqual([{ value: 3 }]);
  });

  it('are created all or none', async () => {
    const broken = { name: 'iot_broken', sql: 'create or replace function iot_broken() returns nothing' };
    await expect(runMigrations(database.url, version('1.0.0', answer(1), broken))).rejects.toThrow('no language specified');
    await expect(ask()).rejects.toThrow('does not exist');
    expect(await runMigrations(database.url, version('1.0.0', answer(1)))).toEqual(['iot_answer']);
  });

  it('are dropped by the version that no longer has them, with all their parameter lists', async () => {
    const withText = {
      name: 'iot_answer',
      sql: `create or replace function iot_answer(text) returns text language sql as 'select $1'`,
    };
    await database.query(`create function iot_of_the_operator() returns integer language sql as 'select 7'`);
    await runMigrations(database.url, version('1.0.0', answer(1), { ...answer(1), name: 'iot_other' }));
    await runMigrations(database.url, version('1.1.0', withText));
    expect(await ask()).toBe(1);
    expect(await runMigrations(database.url, version('1.2.0'))).toEqual(['drop iot_answer']);
    expect(await database.query(`select proname::text as name from pg_proc where proname like 'iot\\_%'`)).toEqual([
      { name: 'iot_of_the_operator' },
    ]);
    expect(await database.query('select from tbl_iot_functions')).toEqual([]);
    expect(await runMigrations(database.url, version('1.2.0'))).toEqual([]);
  });

  it('are not dropped by an older version that does not know them yet, nor by one that fails to create others', async () => {
    await runMigrations(database.url, version('1.10.0', answer(10)));
    expect(await runMigrations(database.url, version('1.9.0'))).toEqual([]);
    const broken = { name: 'iot_broken', sql: 'create or replace function iot_broken() returns nothing' };
    await expect(runMigrations(database.url, version('1.11.0', broken))).rejects.toThrow('no language specified');
    expect(await ask()).toBe(10);
  });

  it('that are no longer used do not keep a gateway from a read-only server', async () => {
    await runMigrations(database.url, version('1.0.0', answer(1)));
    await database.query(`alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_read_only = on`);
    expect(await runMigrations(database.url, version('1.1.0'))).toEqual([]);
  });

  it('are created once when ten instances start together', async () => {
    const target = await targetSchema();
    const runs = await Promise.all(Array.from({ length: 10 }, () => runMigrations(database.url, target)));
    const all = [...target.migrations.map(({ name }) => name), ...target.functions.functions.map(({ name }) => name)];
    expect(runs.filter((applied) => applied.length > 0)).toEqual([all]);
  });

  it('stand each in a file of its name', async () => {
    const { functions } = (await targetSchema()).functions;
    await runMigrations(database.url);
    const created = await database.query<{ name: string }>(
      `select proname::text as name from pg_proc where pronamespace = 'public'::regnamespace order by proname`,
    );
    expect(created.map(({ name }) => name)).toEqual(functions.map(({ name }) => name).sort());
  });
});
