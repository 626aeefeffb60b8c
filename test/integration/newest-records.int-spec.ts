import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/platform/time-units.js';
import { type NewestState, NewestRecords } from '../../src/telemetry/latest/newest-records.js';
import { PartitionsRepository } from '../../src/telemetry/partitions/partitions.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TODAY = Math.floor(Date.now() / DAY_MS);
const IMEI = '356307042000011';
const DAYS = 60;
/** Seven partitions at most, the default one, the newest records, and an index each; a statement that opened every partition would lock 120. */
const FEW_LOCKS = 30;

let database: TestDatabase;
let dataSource: DataSource;
let records: NewestRecords;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 2 }).initialize();
  const partitions = new PartitionsRepository(dataSource);
  for (let back = 0; back < DAYS; back++) {
    await partitions.create(TODAY - back);
  }
  records = new NewestRecords(dataSource);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const COLUMNS =
  'iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id';

async function store(imei: string, ageMs: number, speed: number, table = 'tbl_iot_telemetry_data', ignition = 1): Promise<void> {
  await database.query(
    `insert into ${table} (${COLUMNS}, ignition)
     values ($1, now() - make_interval(secs => $2::float8 / 1000), $3::integer, now(), 0, 0, 0, 0, 7, $3::integer, 0, 0, $4)`,
    [imei, ageMs, speed, ignition],
  );
}

const speedOf = ({ state }: NewestState): number | null => state?.speedKmh ?? null;

describe('the newest record of a device', () => {
  it('is the one with the greatest device time up to two days ahead, in whatever order they came', async () => {
    await store('1', -3 * DAY_MS, 9);
    await store('1', 2 * MINUTE_MS, 2);
    await store('1', MINUTE_MS, 1);
    await store('1', HOUR_MS, 3);
    await store('2', -47 * HOUR_MS, 4);
    await store('3', -3 * DAY_MS, 5);
    await store('4', 20 * DAY_MS, 6, 'tbl_iot_telemetry_latest');
    await store('5', 20 * DAY_MS, 7, 'tbl_iot_telemetry_latest');
    await store('5', MINUTE_MS, 8, 'tbl_iot_telemetry_data', 0);
    const read = await Promise.all(['5', '1', '2', '3', '4', '6'].map((imei) => records.read(imei)));
    expect(read.map(speedOf)).toEqual([8, 1, 4, null, 6, null]);
    expect(read[0]!.state!.ignition).toBe('off');
    const { state, nowMs } = read[1]!;
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(MINUTE_MS);
    expect(nowMs - state!.recordTimeMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(state!.recordHash).toBe(1n);
  });

  it('contains what was committed a moment before, also in the transaction of a caller', async () => {
    for (let speed = 1; speed <= 30; speed++) {
      await store(IMEI, MINUTE_MS - speed, speed);
      expect(speedOf(await records.read(IMEI))).toBe(speed);
    }
    const [read] = await dataSource.transaction((manager) => records.readAll([IMEI], manager));
    expect(speedOf(read!)).toBe(30);
  });

  it('has one plan for one device and for many, which PostgreSQL keeps', async () => {
    const imeis = Array.from({ length: 200 }, (_, index) => String(index));
    const [plans] = await dataSource.transaction(async (manager) => {
      for (let run = 0; run < 7; run++) {
        await records.readAll([IMEI], manager);
        await records.readAll(imeis, manager);
      }
      return manager.query<{ made: number; kept: number }[]>(
        `select custom_plans::int as made, generic_plans::int as kept from pg_prepared_statements where name like 'iot_newest_records_%'`,
      );
    });
    expect(plans!.kept).toBeGreaterThanOrEqual(9);
    expect(plans!.made).toBeLessThanOrEqual(5);
  });

  it('is found with few locks among many partitions, after the plan is kept too', async () => {
    const other = new Client(database.url);
    await other.connect();
    try {
      const locks = await dataSource.transaction(async (manager) => {
        for (let run = 0; run < 8; run++) {
          await records.readAll([IMEI], manager);
        }
        const [{ pid }] = await manager.query<[{ pid: number }]>('select pg_backend_pid() as pid');
        const { rows } = await other.query<{ count: number }>(
          `select count(*)::int as count from pg_locks where pid = $1 and locktype = 'relation'`,
          [pid],
        );
        return rows[0]!.count;
      });
      expect(locks).toBeLessThan(FEW_LOCKS);
    } finally {
      await other.end();
    }
  });
});
