import { Pool, type PoolClient } from 'pg';
import { copyIn } from '../../src/platform/database/driver-statements.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const COPY = 'copy copied from stdin';
const TIMEOUT_MS = 20_000;

let database: TestDatabase;
let pool: Pool;
let client: PoolClient;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  await database.query('create table copied (id integer primary key, filler text)');
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.query('truncate copied');
  pool = new Pool({ connectionString: database.url, max: 1 });
  pool.on('error', () => undefined);
  client = await pool.connect();
  client.on('error', () => undefined);
});

afterEach(async () => {
  client.release(true);
  await pool.end();
});

function rows(first: number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => `${first + index}\t${'x'.repeat(300)}\n`).join(''));
}

async function storedCount(): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*)::int as count from copied');
  return row?.count ?? -1;
}

describe('copyIn', () => {
  it('has the rows stored when it resolves, however many buffers they come in', async () => {
    await copyIn(client, COPY, [rows(0, 10), rows(10, 5), Buffer.alloc(0)], TIMEOUT_MS);
    expect(await storedCount()).toBe(15);
  });

  it('stores nothing and rejects with the error of the server when a row is refused', async () => {
    await expect(copyIn(client, COPY, [rows(0, 3), rows(2, 3)], TIMEOUT_MS)).rejects.toMatchObject({ code: '23505' });
    expect(await storedCount()).toBe(0);
  });

  it('leaves the connection usable when the first of many megabytes is refused while the rest is still in flight', async () => {
    await copyIn(client, COPY, [rows(0, 1)], TIMEOUT_MS);
    for (let round = 0; round < 5; round++) {
      await expect(copyIn(client, COPY, [rows(0, 60_000)], TIMEOUT_MS)).rejects.toMatchObject({ code: '23505' });
      expect((await client.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    }
    await copyIn(client, COPY, [rows(1, 60_000)], TIMEOUT_MS);
    expect(await storedCount()).toBe(60_001);
  });

  it('leaves the connection usable when the statement itself is refused: the data behind it is passed over', async () => {
    await expect(copyIn(client, 'copy nothing_here from stdin', [rows(0, 20_000)], TIMEOUT_MS)).rejects.toMatchObject({
      code: '42P01',
    });
    await copyIn(client, COPY, [rows(0, 2)], TIMEOUT_MS);
    expect(await storedCount()).toBe(2);
  });

  it('waits its turn behind a query of the same client', async () => {
    const slow = client.query('select pg_sleep(0.1)');
    await Promise.all([slow, copyIn(client, COPY, [rows(0, 2)], TIMEOUT_MS)]);
    expect(await storedCount()).toBe(2);
  });

  it('rejects when the connection is cut in the middle', async () => {
    const { rows: found } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const blocker = new Pool({ connectionString: database.url, max: 1 });
    const holder = await blocker.connect();
    await holder.query('begin');
    await holder.query('lock table copied in access exclusive mode');
    const copying = copyIn(client, COPY, [rows(0, 20_000)], TIMEOUT_MS);
    const rejected = expect(copying).rejects.toThrow();
    await waitFor(
      async () => (await database.query(`select from pg_locks where pid = $1 and not granted`, [found[0]?.pid])).length > 0,
      {
        what: 'the COPY to wait for its lock',
      },
    );
    await database.query('select pg_terminate_backend($1)', [found[0]?.pid]);
    await rejected;
    await holder.query('rollback');
    holder.release();
    await blocker.end();
    expect(await storedCount()).toBe(0);
  });

  it('hangs up on a server that does not finish in time', async () => {
    const blocker = new Pool({ connectionString: database.url, max: 1 });
    const holder = await blocker.connect();
    await holder.query('begin');
    await holder.query('lock table copied in access exclusive mode');
    await expect(copyIn(client, COPY, [rows(0, 10)], 200)).rejects.toThrow('did not finish a COPY within 0.2 s');
    await holder.query('rollback');
    holder.release();
    await blocker.end();
  });
});
