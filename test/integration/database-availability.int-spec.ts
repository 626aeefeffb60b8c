import { DataSource } from 'typeorm';
import { type Pool } from 'pg';
import { DatabaseAvailability } from '../../src/platform/database/database-availability.js';
import { type DatabaseServer } from '../../src/platform/database/database-server.js';
import { isReadOnly } from '../../src/platform/database/database-errors.js';
import { POOL_OPTIONS } from '../../src/platform/database/pool.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const CONNECTIONS = 3;

let database: TestDatabase;
let proxy: TcpProxy;
let availability: DatabaseAvailability;
let dataSource: DataSource;
let replaced: number;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.query('create table written (value int)');
  const url = new URL(database.url);
  proxy = await TcpProxy.to(url.hostname, Number(url.port));
  url.port = String(proxy.port);
  availability = new DatabaseAvailability({ url: url.href } as unknown as DatabaseServer);
  replaced = 0;
  availability.whenReplaced(() => replaced++);
  const { connections } = availability;
  dataSource = new DataSource({
    type: 'postgres',
    url: url.href,
    poolSize: CONNECTIONS,
    extra: { ...POOL_OPTIONS, connections },
  });
  await dataSource.initialize();
  connections.watch((dataSource.driver as unknown as { master: Pool }).master);
});

afterEach(async () => {
  availability.onApplicationShutdown();
  await dataSource.destroy();
  await proxy.close();
  await database.drop();
});

async function write(): Promise<unknown> {
  return dataSource.query('insert into written values (1)').catch((error: unknown) => error);
}

async function processIds(): Promise<number[]> {
  const rows = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      dataSource.query<{ pid: number }[]>('select pg_backend_pid() as pid, pg_sleep(0.1)'),
    ),
  );
  return [...new Set(rows.map(([row]) => row?.pid ?? 0))].toSorted((one, other) => one - other);
}

describe('pooled connections to a server that has become read-only', () => {
  it('are all replaced, those that are idle too, when new ones reach a writable one', async () => {
    const before = await processIds();
    expect(before).toHaveLength(CONNECTIONS);
    // As after a failover by a virtual address: what is connected is read-only, what connects now is not.
    await Promise.all(
      before.map(() =>
        dataSource.query('select pg_sleep(0.1), set_config($1, $2, false)', ['default_transaction_read_only', 'on']),
      ),
    );
    expect(isReadOnly(await write())).toBe(true);
    await waitFor(() => replaced === 1, { what: 'the connections to be replaced' });
    expect(availability.state).toBe('available');
    const after = await processIds();
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(await write()).toEqual([]);
    expect(replaced).toBe(1);
  });

  it('do not interrupt a transaction that another one works on', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('insert into written values (2)');
    await dataSource.query('select set_config($1, $2, false)', ['default_transaction_read_only', 'on']);
    expect(isReadOnly(await write())).toBe(true);
    await waitFor(() => replaced === 1, { what: 'the connections to be replaced' });
    await runner.query('insert into written values (3)');
    await runner.commitTransaction();
    await runner.release();
    expect(await database.query('select value from written order by 1')).toEqual([{ value: 2 }, { value: 3 }]);
  });

  it('are unavailable for as long as new ones are read-only too, and are replaced when they are not', async () => {
    const [{ name }] = (await database.query<{ name: string }>('select current_database() as name')) as [{ name: string }];
    await database.query(`alter database ${name} set default_transaction_read_only = on`);
    await dataSource.query('select set_config($1, $2, false)', ['default_transaction_read_only', 'on']);
    await write();
    await waitFor(() => availability.state === 'read-only', { what: 'the state' });
    expect(isReadOnly(await write())).toBe(true);
    await database.query(`alter database ${name} reset default_transaction_read_only`);
    await waitFor(() => availability.state === 'available', { what: 'the end of it' });
    expect(await write()).toEqual([]);
    expect(replaced).toBe(2);
  });
});

describe('a server that can not be reached', () => {
  it('is unavailable until a new connection reaches it, without any statement', async () => {
    proxy.retarget(1);
    proxy.reset();
    await write();
    await waitFor(() => availability.state === 'unavailable', { what: 'the state' });
    proxy.retarget(Number(new URL(database.url).port));
    await waitFor(() => availability.state === 'available', { what: 'the end of it' });
    expect(await write()).toEqual([]);
  });

  it('stays available when one connection breaks', async () => {
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await waitFor(async () => Array.isArray(await write()), { what: 'a new connection' });
    await processIds();
    expect([availability.state, replaced]).toEqual(['available', 0]);
  });
});
