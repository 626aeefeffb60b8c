import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { DAY_MS } from '../../src/platform/time-units.js';
import { DatabaseSettings } from '../../src/platform/config/settings.js';
import { ReadDatabase } from '../../src/platform/read-database/read-database.js';
import { ReadMarkers } from '../../src/platform/read-database/read-markers.js';
import { Standby } from '../../src/platform/read-database/standby.js';
import { DeviceDays } from '../../src/telemetry/partitions/device-days.js';
import { DeviceDaysRepository } from '../../src/telemetry/partitions/device-days.repository.js';
import { type PartitionsRepository } from '../../src/telemetry/partitions/partitions.repository.js';
import { PartitionsRepository as Partitions } from '../../src/telemetry/partitions/partitions.repository.js';
import { type TelemetryPartitions } from '../../src/telemetry/partitions/telemetry-partitions.js';
import { NewestRecordRepository } from '../../src/telemetry/records/newest-record.repository.js';
import { LatestRecordsRepository } from '../../src/telemetry/latest/latest-records.repository.js';
import { recordJson } from '../../src/telemetry/records/record-json.js';
import { scaledElements, shownValue } from '../../src/telemetry/records/scaled-elements.js';
import { type StoredIo, type TelemetryRecord } from '../../src/telemetry/records/telemetry-record.js';
import { ATTRIBUTE_COLUMNS } from '../../src/telemetry/telemetry-columns.js';
import { recordCursorOf } from '../../src/telemetry/records/record-cursor.js';
import { TelemetryReaderRepository } from '../../src/telemetry/records/telemetry-reader.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TODAY = Math.floor(Date.now() / DAY_MS);
const DAYS = 200;
const BUSY = '356307042000001';
const MANY = '356307042000029';
const FEW = '356307042000002';
const SPARSE = '356307042000003';
const STRAY = '356307042000004';
/** A page that opened every partition would lock each of them and its index. */
const FEW_LOCKS = 25;

let database: TestDatabase;
let dataSource: DataSource;
let partitions: PartitionsRepository;
let unindexed: number[] = [];
let reader: TelemetryReaderRepository;
let newest: NewestRecordRepository;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 1 }).initialize();
  partitions = new Partitions(dataSource);
  for (let back = 0; back < DAYS; back++) {
    await partitions.create(TODAY - back);
  }
  const task = {
    findUnindexed: () => Promise.resolve(unindexed),
    knownDays: Array.from({ length: DAYS }, (_, back) => TODAY - back),
  } as unknown as TelemetryPartitions;
  const deviceDays = new DeviceDays(new DeviceDaysRepository(dataSource), task);
  const standby = new Standby(new DatabaseSettings(), new ReadMarkers(dataSource), dataSource);
  const reads = new ReadDatabase(dataSource, standby);
  reader = new TelemetryReaderRepository(dataSource, reads, deviceDays);
  newest = new NewestRecordRepository(dataSource, reads, deviceDays, reader);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** `perDay` records of each of these days, and the days among those of the device. */
async function store(imei: string, days: readonly number[], perDay: number, isNoted = true): Promise<void> {
  if (isNoted) {
    await new DeviceDaysRepository(dataSource).add(
      days.map(() => imei),
      days,
    );
  }
  await database.query(
    `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id)
     select $1, to_timestamp(day::bigint * 86400) + i * interval '1 minute', i, now(), 0, 0, 0, 0, 0, 0, 0, 0
       from unnest($2::int[]) day, generate_series(1, $3::int) i`,
    [imei, days, perDay],
  );
}

/** The times of all records as the table has them. */
async function timesInTable(imei: string, direction: 'asc' | 'desc'): Promise<number[]> {
  const rows = await database.query<{ time: Date }>(
    `select iot_timestamp as time from tbl_iot_telemetry_data where iot_imei = $1 order by iot_timestamp ${direction}, record_hash ${direction}`,
    [imei],
  );
  return rows.map(({ time }) => time.getTime());
}

/** The times of all records as pages of `limit` give them. */
async function timesInPages(imei: string, order: 'newest' | 'oldest', limit: number): Promise<number[]> {
  const times: number[] = [];
  let after: { order: 'newest' | 'oldest'; iotTimestamp: string; recordHash: string } | null = null;
  for (;;) {
    const { rows: page, hasMore } = await reader.findRange({ imei, from: null, to: null, order, view: 'raw', after, limit });
    times.push(...page.map(({ timeMs }) => timeMs));
    const last = page.at(-1);
    if (!last || !hasMore) {
      return times;
    }
    after = recordCursorOf(last, order);
  }
}

/** Locks on partitions that the work takes, all in one transaction of the only connection. */
async function locksOf(work: () => Promise<unknown>): Promise<number> {
  await dataSource.query('begin');
  try {
    await work();
    const [row] = await dataSource.query<[{ count: number }]>(
      `select count(*)::int as count from pg_locks where pid = pg_backend_pid() and relation::regclass::text like 'tbl_iot_telemetry_data_p%'`,
    );
    return row.count;
  } finally {
    await dataSource.query('rollback');
  }
}

/** Rows of partitions that this connection has read. They include those of earlier transactions that it has not reported to PostgreSQL's statistics yet. */
async function rowsRead(): Promise<number> {
  const [row] = await dataSource.query<[{ rows: number }]>(
    `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int as rows
       from pg_stat_xact_user_tables where relname like 'tbl_iot_telemetry_data_p%'`,
  );
  return row.rows;
}

it.each([
  ['a device of one day', FEW, [TODAY], 20],
  ['a device of every day', BUSY, Array.from({ length: DAYS }, (_, back) => TODAY - back), 30],
  ['a device of a day now and then', SPARSE, Array.from({ length: 10 }, (_, index) => TODAY - index * 19), 1],
] as const)('pages of %s open its partitions only, and miss none of its records', async (_name, imei, days, perDay) => {
  await store(imei, days, perDay);
  expect(
    await locksOf(async () => {
      await reader.findRange({ imei, from: null, to: null, order: 'newest', view: 'raw', after: null, limit: 21 });
      await reader.findRange({ imei, from: null, to: null, order: 'oldest', view: 'raw', after: null, limit: 21 });
      await newest.findOne(imei);
    }),
  ).toBeLessThan(FEW_LOCKS);
  expect(await timesInPages(imei, 'newest', 7)).toEqual(await timesInTable(imei, 'desc'));
  expect(await timesInPages(imei, 'oldest', 50)).toEqual(await timesInTable(imei, 'asc'));
});

it('a short page of a device with many records reads few of them', async () => {
  await store(MANY, [TODAY - 2, TODAY - 1], 1_400);
  await database.query('analyze tbl_iot_telemetry_data');
  await dataSource.query('begin');
  try {
    const before = await rowsRead();
    await reader.findRange({ imei: MANY, from: null, to: null, order: 'newest', view: 'raw', after: null, limit: 5 });
    expect((await rowsRead()) - before).toBeLessThan(20);
  } finally {
    await dataSource.query('rollback');
  }
});

it('records of days without a partition stand between those of days with one', async () => {
  const days = [TODAY - 5, TODAY - 3, TODAY - 1];
  await store(STRAY, days, 2);
  const between = [TODAY - DAYS - 50, TODAY - DAYS - 1, TODAY + 30];
  await store(STRAY, between, 2, false);
  expect(await timesInPages(STRAY, 'newest', 1)).toEqual(await timesInTable(STRAY, 'desc'));
  expect(await timesInPages(STRAY, 'oldest', 2)).toEqual(await timesInTable(STRAY, 'asc'));
  const latest = await newest.findOne(STRAY);
  expect(latest?.timeMs).toBe((TODAY - 1) * DAY_MS + 2 * 60_000);
});

it('a partition that moves rows from the default one, or that was filled by other means, is indexed by device', async () => {
  const moved = '356307042000005';
  await store(moved, [TODAY - DAYS - 2], 3, false);
  expect(await partitions.create(TODAY - DAYS - 2)).toBe(true);
  expect(await timesInPages(moved, 'newest', 10)).toHaveLength(3);

  const imported = '356307042000006';
  await store(imported, [TODAY - 100, TODAY - 40], 3, false);
  await database.query('delete from tbl_iot_telemetry_indexed_days where day = any($1)', [[TODAY - 100, TODAY - 40]]);
  unindexed = await partitions.findUnindexed();
  expect(unindexed).toEqual([TODAY - 100, TODAY - 40]);
  expect(await timesInPages(imported, 'newest', 10)).toHaveLength(6);
  await partitions.index(TODAY - 100);
  await partitions.index(TODAY - 40);
  unindexed = await partitions.findUnindexed();
  expect(unindexed).toEqual([]);
  expect(await timesInPages(imported, 'newest', 10)).toHaveLength(6);
});

it('records that were inserted by SQL are found when nothing is known of the device', async () => {
  await store('356307042000007', [TODAY - 150, TODAY - 2, TODAY], 2, false);
  expect(await timesInPages('356307042000007', 'oldest', 4)).toHaveLength(6);
});

it('days of a device that are known already are not written again', async () => {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const version = async () =>
    (await client.query<{ xmin: string }>('select xmin from tbl_iot_telemetry_device_days where iot_imei = $1', [BUSY])).rows[0]
      ?.xmin;
  const before = await version();
  await new DeviceDaysRepository(dataSource).add([BUSY, BUSY], [TODAY, TODAY - 1]);
  expect(await version()).toBe(before);
  await client.end();
});

describe('records of any content', () => {
  const ODD = '356307042000010';
  const COLUMNS = ATTRIBUTE_COLUMNS.map(({ name, type }) => (type === 'numeric' ? `${name}::text` : name)).join(', ');

  beforeAll(async () => {
    const day = new Date((TODAY - 3) * DAY_MS).toISOString();
    const common =
      'iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id';
    const rows = [
      [
        `'${day}', 9223372036854775807, '${day}'::timestamptz + interval '1.5 ms', 54.6872, -25.2797001, -32768, 359, 9, 120, 2, 65535, 1, 300, 12843, 18446744073709551615, 12345, 9007199254740991, 'a"\\ü,\n', null`,
      ],
      [
        `'${day}', -9223372036854775808, '1970-01-01T00:00:00.001Z', 0.0000001, 180, 0, 0, 0, 0, 0, 0, null, null, -7, 0, 100000000, -5, '', '{"72": 851, "25": [1, 2], "widths": {"66": 8}, "78": "00ff", "10800": 25000}'`,
      ],
      [
        `'9999-12-31T23:59:59.999Z', 0, '9999-12-31T23:59:59.999Z', -90, -179.9999999, 1, 1, 1, 1, 1, 1, 0, 1, 1, 10000, 99990000, 0, '+54-25/', '{"timestamp": "18446744073709551615"}'`,
      ],
      [`'1970-01-01', 1, '1999-12-31T23:59:59.999Z', 0, 0, 1, 1, 1, 1, 1, 1, null, null, null, null, null, null, null, null`],
    ] as const;
    for (const [values] of rows) {
      await database.query(
        `insert into tbl_iot_telemetry_data (${common}, generation_type, internal_battery_percent, external_voltage, iccid1, iccid2, total_odometer, iso6709_coordinates, io)
         values ('${ODD}', ${values})`,
      );
    }
    await new DeviceDaysRepository(dataSource).add([ODD], [TODAY - 3]);
  });

  it.each(['raw', 'scaled'] as const)('are the same in the %s view as a query gives them', async (view) => {
    const rows = await database.query<Record<string, unknown> & { attributes: (string | number | null)[]; io: StoredIo | null }>(
      `select iot_timestamp as "iotTimestamp", timestamp, latitude::float8 as latitude, longitude::float8 as longitude, altitude, angle, satellites, speed,
              priority, event_io_id as "eventIoId", generation_type as "generationType", json_build_array(${COLUMNS}) as attributes, io
         from tbl_iot_telemetry_data where iot_imei = $1 order by iot_timestamp desc, record_hash desc`,
      [ODD],
    );
    const expected = rows.map(({ attributes, io, ...common }) => ({
      ...common,
      ...(view === 'scaled'
        ? { elements: scaledElements(attributes, io) }
        : {
            attributes: Object.fromEntries(
              ATTRIBUTE_COLUMNS.flatMap(({ name, avlId }, index) => {
                const value = attributes[index] ?? null;
                return value === null ? [] : [[name, shownValue(avlId, value)]];
              }),
            ),
            io,
          }),
    }));
    const page = await reader.findRange({ imei: ODD, from: null, to: null, order: 'newest', view, after: null, limit: 10 });
    const texts = page.rows.map((record) => recordJson(record, view));
    expect(texts).toHaveLength(4);
    expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(expected)));
    if (view === 'scaled') {
      expect(texts).toEqual(expected.map((record) => JSON.stringify(record)));
    }
  });

  it('are read alike one by one and many at once', async () => {
    const one = await newest.findOne(ODD);
    expect(one?.timeMs).toBe((TODAY - 3) * DAY_MS);
    expect((await newest.findMany([ODD])).get(ODD)).toEqual(one);
  });
});

describe('the newest records of many devices', () => {
  const imeiOf = (device: number) => String(356_307_043_000_000 + device);

  it('are those of each device alone, with an entry that is missing, stale or right, on any day', async () => {
    const devices = Array.from({ length: 120 }, (_, device) => device);
    for (const device of devices) {
      const newestDay = TODAY - (device % 60);
      await store(imeiOf(device), [newestDay, newestDay - 1], 2);
    }
    const latest = new LatestRecordsRepository(dataSource);
    for (const device of devices.filter((index) => index % 3 > 0)) {
      await latest.refresh(TODAY - (device % 60) - (device % 3 === 1 ? 0 : 1), [imeiOf(device)]);
    }
    const imeis = devices.map(imeiOf);
    let found = new Map<string, TelemetryRecord>();
    const perStatement = await locksOf(async () => {
      found = await newest.findMany([...imeis, '356307049999999']);
    });
    expect(perStatement).toBeLessThan(140);
    expect([...found.keys()]).toEqual(imeis);
    for (const device of devices) {
      const [expected] = await timesInTable(imeiOf(device), 'desc');
      expect([device, found.get(imeiOf(device))?.timeMs]).toEqual([device, expected]);
      expect([device, (await newest.findOne(imeiOf(device)))?.timeMs]).toEqual([device, expected]);
    }
  });

  it('count no record from the future, and find what is not indexed by device', async () => {
    const future = '356307044000001';
    await store(future, [TODAY - 70], 1);
    await store(future, [TODAY + 30], 1, false);
    expect((await newest.findMany([future])).get(future)?.timeMs).toBe((TODAY - 70) * DAY_MS + 60_000);
    await store(future, [TODAY - 65], 1, false);
    unindexed = [TODAY - 65];
    expect((await newest.findMany([future])).get(future)?.timeMs).toBe((TODAY - 65) * DAY_MS + 60_000);
    expect((await newest.findOne(future))?.timeMs).toBe((TODAY - 65) * DAY_MS + 60_000);
    unindexed = [];
  });

  it('of one device take a plan that is kept', async () => {
    for (let run = 0; run < 8; run++) {
      await newest.findOne(FEW);
    }
    const [plans] = await dataSource.query<unknown[]>(
      `select bool_and(generic_plans > 0) as "isKept" from pg_prepared_statements where name like 'iot_latest_record_%'`,
    );
    expect(plans).toEqual({ isKept: true });
  });

  it('are listed by IMEI, page by page', async () => {
    const all = await newest.listImeis(null, 1_000);
    expect(all).toEqual([...all].sort());
    expect(all).toContain(imeiOf(0));
    expect(await newest.listImeis(all[4] as string, 3)).toEqual(all.slice(5, 8));
  });
});
