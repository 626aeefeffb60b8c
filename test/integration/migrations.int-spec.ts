import { Client } from 'pg';
import { runMigrations } from '../../src/platform/database/migrations.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const LOCK_HOLDER = `select pid from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())`;

describe('a migration that fails', () => {
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

  it('reports its own error when the connection that holds the lock is lost as well', async () => {
    await rival.query('begin; create table tbl_iot_telemetry_data (other int)');
    const outcome = runMigrations(database.url).then(
      () => null,
      (error: unknown) => error,
    );
    // The migration waits for the rival's table, which has the same name.
    await waitFor(async () => (await database.query('select from pg_locks where not granted')).length > 0, {
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
