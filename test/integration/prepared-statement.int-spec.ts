import { DataSource } from 'typeorm';
import { isBadRow } from '../../src/platform/database/database-errors.js';
import { PreparedStatement } from '../../src/platform/database/driver-statements.js';
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
});
