import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { PARTITION_LOCK } from '../../src/platform/database/advisory-locks.js';
import { PartitionsRepository } from '../../src/telemetry/partitions/partitions.repository.js';
import { isLockTimeout, isStaleRoute } from '../../src/platform/database/database-errors.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const DAY = Math.floor(Date.now() / 86_400_000) - 20;
const START = new Date(DAY * 86_400_000).toISOString();
const PARTITION = `tbl_iot_telemetry_data_p${START.slice(0, 10).replaceAll('-', '')}`;

let database: TestDatabase;
let dataSource: DataSource;
let repository: PartitionsRepository;
const clients: Client[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  repository = new PartitionsRepository(dataSource);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await dataSource.destroy();
  await database.drop();
});

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  clients.push(client);
  return client;
}

/** Rows of the day, numbered from `first` on. */
function insertion(first: number, count: number): string {
  return `
    insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id)
    select '356307042000001', '${START}'::timestamptz + i * interval '1 ms', i, now(), 0, 0, 0, 0, 0, 0, 0, 0
      from generate_series(${first}, ${first + count - 1}) i
    on conflict do nothing`;
}

async function rows(): Promise<{ partition: string; count: number }[]> {
  return database.query(
    'select tableoid::regclass::text as partition, count(*)::int as count from tbl_iot_telemetry_data group by 1 order by 1',
  );
}

it('a partition takes its rows over while others are written and read: none is lost, doubled or out of sight', async () => {
  await database.query(insertion(0, 20_000));
  const [writer, reader] = [await connect(), await connect()];
  let [written, isDone] = [20_000, false];
  const writing = (async () => {
    while (!isDone) {
      try {
        await writer.query(insertion(written - 10, 20));
        written += 10;
      } catch (error) {
        expect(isStaleRoute(error)).toBe(true);
      }
    }
  })();
  const reading = (async () => {
    let reads = 0;
    for (; !isDone; reads++) {
      const least = written;
      const { rows: found } = await reader.query<{ count: number }>('select count(*)::int as count from tbl_iot_telemetry_data');
      expect(found[0]?.count).toBeGreaterThanOrEqual(least);
    }
    return reads;
  })();
  await waitFor(
    () =>
      repository.create(DAY).catch((error: unknown) => {
        if (!isLockTimeout(error)) {
          throw error;
        }
        return false;
      }),
    { timeoutMs: 30_000, what: 'the partition' },
  );
  const atCreation = written;
  await waitFor(() => written > atCreation + 100, { what: 'rows that arrive later' });
  isDone = true;
  await writing;
  expect(await reading).toBeGreaterThan(0);
  expect(await rows()).toEqual([{ partition: PARTITION, count: written }]);
});

it.each([
  ['create', 'tbl_iot_telemetry_data_default', () => repository.create(DAY)],
  ['drop', 'tbl_iot_telemetry_data', () => repository.drop(DAY)],
] as const)('%s gives up soon when it can not have its table, and leaves everything as it was', async (change, table, work) => {
  if (change === 'drop') {
    await repository.create(DAY);
  }
  await database.query(insertion(0, 10));
  const before = await rows();
  const holder = await connect();
  await holder.query(`begin; lock table ${table} in access share mode`);
  const begun = performance.now();
  expect(await work().then(() => false, isLockTimeout)).toBe(true);
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(await rows()).toEqual(before);
  expect(await repository.findHolders(change, 0)).toEqual([
    expect.objectContaining({ state: 'idle in transaction', transactionSeconds: expect.any(Number) as number }),
  ]);
  expect(await repository.findHolders(change, 3_600)).toEqual([]);
  await holder.query('rollback');
  expect(await work()).toBe(true);
});

it('leaves a change to the instance that has begun one', async () => {
  const other = await connect();
  await other.query(`begin; select pg_advisory_xact_lock(${PARTITION_LOCK})`);
  expect(await repository.create(DAY)).toBe(false);
  await other.query('rollback');
  expect(await repository.create(DAY)).toBe(true);
  expect(await repository.create(DAY)).toBe(false);
});

it('finds the days of which the default partition holds enough rows', async () => {
  await database.query(insertion(0, 10));
  expect(await repository.findDaysInDefault(DAY - 1, DAY + 1, 10)).toEqual([DAY]);
  expect(await repository.findDaysInDefault(DAY - 1, DAY + 1, 11)).toEqual([]);
  expect(await repository.findDaysInDefault(DAY + 1, DAY + 2, 1)).toEqual([]);
  expect(await repository.findDaysInDefault(DAY - 1, DAY, 1)).toEqual([]);
});
