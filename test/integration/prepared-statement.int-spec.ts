import { DataSource } from 'typeorm';
import { isBadRow } from '../../src/platform/database/database-errors.js';
import { PipelinedTransaction, PreparedStatement } from '../../src/platform/database/driver-statements.js';
import { POOL_OPTIONS } from '../../src/platform/database/pool.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const HALF = new PreparedStatement<{ half: number }>('test_half', 'select $1::integer / $2::integer as half');

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection: it keeps what it has prepared, and one that is not released blocks the next statement.
  dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 1 }).initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('a prepared statement', () => {
  it('is planned once for a connection and run with any values', async () => {
    for (let run = 1; run <= 8; run++) {
      expect(await HALF.run(dataSource, [run * 2, 2])).toEqual([{ half: run }]);
    }
    const [known] = await dataSource.query<unknown[]>(
      `select generic_plans > 0 as "isKept", generic_plans + custom_plans as runs from pg_prepared_statements where name = 'test_half'`,
    );
    expect(known).toEqual({ isKept: true, runs: '8' });
  });

  it('that fails says so in the words of the driver, and gives its connection back', async () => {
    const error: unknown = await HALF.run(dataSource, [1, 0]).catch((reason: unknown) => reason);
    expect(isBadRow(error)).toBe(true);
    expect(await HALF.run(dataSource, [6, 2])).toEqual([{ half: 3 }]);
  });

  it('is unknown to the server where the pool prepares none', async () => {
    const extra = { ...POOL_OPTIONS, isUnprepared: true };
    const unprepared = await new DataSource({ type: 'postgres', url: database.url, poolSize: 1, extra }).initialize();
    try {
      expect(await HALF.run(unprepared, [6, 2])).toEqual([{ half: 3 }]);
      expect(await unprepared.transaction((manager) => HALF.runIn(manager, [8, 2]))).toEqual([{ half: 4 }]);
      expect(await unprepared.query('select name from pg_prepared_statements')).toEqual([]);
    } finally {
      await unprepared.destroy();
    }
  });
});

describe('a pipelined transaction', () => {
  const INSERT = new PreparedStatement<{ id: number }>('test_insert', 'insert into pipelined (id) values ($1) returning id');
  const COUNT = new PreparedStatement<{ rows: number }>('test_count', 'select count(*)::int as rows from pipelined');
  const count = async () => (await dataSource.query<[{ rows: number }]>(COUNT.text))[0].rows;

  beforeEach(async () => {
    await dataSource.query('drop table if exists pipelined');
    await dataSource.query('create table pipelined (id integer primary key)');
  });

  it('gives the rows of each statement in their order, and commits', async () => {
    const rows = await PipelinedTransaction.run(dataSource, async (transaction) => {
      const [inserted, counted] = await transaction.begin(INSERT.with(1), COUNT.with());
      await transaction.manager.query('insert into pipelined values (2)');
      return [inserted, counted, ...(await transaction.commit(INSERT.with(3), COUNT.with()))];
    });
    expect(rows).toEqual([[{ id: 1 }], [{ rows: 1 }], [{ id: 3 }], [{ rows: 3 }]]);
    expect(await count()).toBe(3);
  });

  it.each([
    ['with the first statements', 0],
    ['with the last statements', 1],
  ])('is rolled back with the error of the statement that failed %s, and gives its connection back', async (_name, when) => {
    const failing = PipelinedTransaction.run(dataSource, async (transaction) => {
      await transaction.begin(INSERT.with(1), ...(when === 0 ? [INSERT.with(1), INSERT.with(2)] : []));
      await transaction.commit(INSERT.with(1), INSERT.with(2));
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await count()).toBe(0);
    await PipelinedTransaction.run(dataSource, async (transaction) => {
      await transaction.begin(INSERT.with(7));
      await transaction.commit();
    });
    expect(await count()).toBe(1);
  });

  it('is rolled back when its work fails', async () => {
    const failing = PipelinedTransaction.run(dataSource, async (transaction) => {
      await transaction.begin(INSERT.with(1));
      throw new Error('decided otherwise');
    });
    await expect(failing).rejects.toThrow('decided otherwise');
    expect(await count()).toBe(0);
  });

  it('is ended by PostgreSQL when it is idle for 10 seconds, so that its locks do not outlive a frozen instance', async () => {
    const READ_LIMIT = new PreparedStatement<{ limit: string }>(
      'test_idle_limit',
      `select current_setting('idle_in_transaction_session_timeout') as "limit"`,
    );
    const rows = await PipelinedTransaction.run(dataSource, async (transaction) => {
      const [limit] = await transaction.begin(READ_LIMIT.with());
      await transaction.commit();
      return limit;
    });
    expect(rows).toEqual([{ limit: '10s' }]);
    expect(await READ_LIMIT.run(dataSource, [])).toEqual([{ limit: '0' }]);
  });

  it('rejects when PostgreSQL answers the commit with a rollback', async () => {
    const failing = PipelinedTransaction.run(dataSource, async (transaction) => {
      await transaction.begin(INSERT.with(1));
      await transaction.manager.query('select 1 / 0').catch(() => undefined);
      await transaction.commit();
    });
    await expect(failing).rejects.toThrow('PostgreSQL rolled the transaction back');
    expect(await count()).toBe(0);
  });

  it('rejects when its connection is lost, and the next one runs on another', async () => {
    const failing = PipelinedTransaction.run(dataSource, async (transaction) => {
      await transaction.begin(INSERT.with(1));
      const [backend] = await transaction.manager.query<[{ pid: number }]>('select pg_backend_pid() as pid');
      await database.query(`select pg_terminate_backend(${backend.pid})`);
      await transaction.commit(INSERT.with(2));
    });
    await expect(failing).rejects.toThrow();
    expect(await count()).toBe(0);
  });
});
