import { DataSource } from 'typeorm';
import { type BoundedTable, type TableBounds } from '../../src/platform/retention/bounded-table.js';
import { type DatabaseAvailability } from '../../src/platform/database/database-availability.js';
import { TableRetention } from '../../src/platform/retention/table-retention.js';
import { TableRetentionRepository } from '../../src/platform/retention/table-retention.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const BOUNDS: TableBounds = { table: 'tbl_iot_device_log', timeColumn: 'at', retentionDays: 0 };
const PER_DEVICE = { imeiColumn: 'imei', idColumn: 'log_id' };

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await newDataSource();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

afterEach(async () => {
  await database.query('truncate tbl_iot_device_log');
  await database.query('truncate tbl_iot_devices');
});

function newDataSource(): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url: database.url }).initialize();
}

function bound(bounds: Partial<TableBounds>, source = dataSource): { retention: TableRetention; table: BoundedTable } {
  const retention = new TableRetention(new TableRetentionRepository(source), {} as unknown as DatabaseAvailability);
  return { retention, table: retention.register({ ...BOUNDS, ...bounds }) };
}

/** Rows numbered from 0, one second apart, the last one this many days ago. */
async function insert(imei: string, count: number, daysAgo = 0): Promise<void> {
  await database.query(
    `insert into tbl_iot_device_log (imei, at, kind, detail)
     select $1, now() - make_interval(days => $3, secs => $2 - number), 'login', json_build_object('number', number - 1)
       from generate_series(1, $2) number`,
    [imei, count, daysAgo],
  );
}

async function kept(imei: string): Promise<number[]> {
  const rows = await database.query<{ number: number }>(
    `select (detail ->> 'number')::int as number from tbl_iot_device_log where imei = $1 order by log_id`,
    [imei],
  );
  return rows.map(({ number }) => number);
}

async function countRows(): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*)::int as count from tbl_iot_device_log');
  return row?.count ?? 0;
}

describe('the bounds of a table', () => {
  it('delete what is older than the retention, in several statements, and nothing younger', async () => {
    const { retention, table } = bound({ retentionDays: 14 });
    await insert('old', 12_000, 15);
    await insert('new', 2, 13);
    await retention.enforce();
    expect([await kept('old'), await kept('new')]).toEqual([[], [0, 1]]);
    expect(table.deleted).toEqual({ retention: 12_000, device_limit: 0, table_limit: 0 });
  });

  it('keep everything with a retention of 0 days', async () => {
    const { retention } = bound({ retentionDays: 0 });
    await insert('old', 3, 3_000);
    await retention.enforce();
    expect(await kept('old')).toHaveLength(3);
  });

  it('leave a device its newest rows, and one below its limit all of them', async () => {
    const { retention, table } = bound({ perDevice: { ...PER_DEVICE, maxRows: 3 } });
    await insert('a', 5);
    await insert('b', 3);
    ['a', 'b'].forEach((imei) => table.noteRows(imei));
    await retention.enforce();
    expect([await kept('a'), await kept('b')]).toEqual([
      [2, 3, 4],
      [0, 1, 2],
    ]);
    expect(table.deleted.device_limit).toBe(2);
  });

  it('delete the oldest rows of a full table, and none of one that has exactly as many as it may', async () => {
    const { retention, table } = bound({ maxRows: 10 });
    await insert('older', 6, 1);
    await insert('newer', 4);
    await retention.enforce();
    expect(await countRows()).toBe(10);
    await insert('newest', 3);
    table.noteRows('newest', 3);
    await retention.enforce();
    expect([await kept('older'), await kept('newer'), await kept('newest')]).toEqual([
      [3, 4, 5],
      [0, 1, 2, 3],
      [0, 1, 2],
    ]);
    expect(table.deleted.table_limit).toBe(3);
  });

  it('delete the rows of a stranger before older ones of a registered device', async () => {
    const { retention } = bound({
      maxRows: 4,
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.imei)',
    });
    await database.query(`insert into tbl_iot_devices (imei) values ('registered')`);
    await insert('registered', 3, 5);
    await insert('stranger', 20);
    await retention.enforce();
    expect([await kept('registered'), await kept('stranger')]).toEqual([[0, 1, 2], [19]]);
  });

  it('delete rows of registered devices, the oldest first, when nothing else is left', async () => {
    const { retention } = bound({
      maxRows: 2,
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.imei)',
    });
    await database.query(`insert into tbl_iot_devices (imei) values ('registered')`);
    await insert('registered', 5);
    await insert('stranger', 1);
    await retention.enforce();
    expect([await kept('registered'), await kept('stranger')]).toEqual([[3, 4], []]);
  });

  it('are not exceeded by instances that enforce them at the same time: the excess is deleted once', async () => {
    const other = await newDataSource();
    try {
      const instances = [bound({ maxRows: 1_000 }), bound({ maxRows: 1_000 }, other)];
      for (let round = 0; round < 5; round++) {
        await insert(`round ${round}`, 11_000);
        instances.forEach(({ table }) => table.noteRows('any', 11_000));
        await Promise.all(instances.map(({ retention }) => retention.enforce()));
        await Promise.all(instances.map(({ retention }) => retention.enforce()));
        expect(await countRows()).toBe(1_000);
      }
    } finally {
      await other.destroy();
    }
  });

  it('count the rows of a table again only after rows were added', async () => {
    const { retention, table } = bound({ maxRows: 2 });
    await retention.enforce();
    await insert('elsewhere', 5);
    await retention.enforce();
    expect(await countRows()).toBe(5);
    table.noteRows('here');
    await retention.enforce();
    expect(await countRows()).toBe(2);
  });
});
