import { DataSource } from 'typeorm';
import { DeviceLogRepository } from '../../src/devices/device-log.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let dataSource: DataSource;
let repository: DeviceLogRepository;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  repository = new DeviceLogRepository(dataSource);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

afterEach(async () => {
  await database.query('truncate tbl_iot_device_log');
});

function entries(imei: string, count: number, daysAgo = 0) {
  return Array.from({ length: count }, (_, number) => ({
    imei,
    at: new Date(Date.now() - daysAgo * DAY_MS),
    kind: 'login' as const,
    detail: { number },
  }));
}

async function kept(imei: string): Promise<number[]> {
  const rows = await database.query<{ number: number }>(
    `select (detail ->> 'number')::int as number from tbl_iot_device_log where imei = $1 order by log_id`,
    [imei],
  );
  return rows.map(({ number }) => number);
}

describe('the device log', () => {
  it('leaves a device its newest entries, and one that has fewer all of them', async () => {
    await repository.append([...entries('a', 5), ...entries('b', 3), ...entries('c', 5)]);
    await repository.trim(['a', 'b'], 3);
    expect([await kept('a'), await kept('b'), await kept('c')]).toEqual([
      [2, 3, 4],
      [0, 1, 2],
      [0, 1, 2, 3, 4],
    ]);
  });

  it('deletes what is too old, a bounded number at a time', async () => {
    await repository.append([...entries('old', 5, 15), ...entries('new', 2, 13)]);
    expect([
      await repository.deleteOlderThan(14, 3),
      await repository.deleteOlderThan(14, 3),
      await repository.deleteOlderThan(14, 3),
    ]).toEqual([3, 2, 0]);
    expect([await kept('old'), await kept('new')]).toEqual([[], [0, 1]]);
  });
});
