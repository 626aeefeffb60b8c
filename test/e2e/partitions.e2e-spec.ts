import { Client } from 'pg';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const DAY_MS = 86_400_000;
const DEFAULT_PARTITION = 'tbl_iot_telemetry_data_default';
/** From here on a day gets a partition. */
const ENOUGH_ROWS = 100;
/** Writers used to wait for the end of the reader. */
const SOON_MS = 1_000;
const PATIENCE = { timeoutMs: 30_000 };

let database: TestDatabase;
let gateway: Gateway;
let serial = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url);
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

function newImei(): string {
  return String(356_307_043_000_000 + serial++);
}

function daysAgo(days: number): number {
  return Date.now() - days * DAY_MS;
}

function partitionName(ms: number): string {
  return `tbl_iot_telemetry_data_p${new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** Rows of a device by the partition they are in. */
async function partitionsOf(imei: string, where = database): Promise<Record<string, number>> {
  const rows = await where.query<{ partition: string; count: number }>(
    'select tableoid::regclass::text as partition, count(*)::int as count from tbl_iot_telemetry_data where iot_imei = $1 group by 1',
    [imei],
  );
  return Object.fromEntries(rows.map(({ partition, count }) => [partition, count]));
}

/** Sends `count` records, a millisecond from one to the next, and returns how long the acknowledgement took. */
async function send(imei: string, firstMs: number, count = 1, to = gateway): Promise<number> {
  const device = await FakeDevice.logIn(to.devicePort, imei);
  const records = Array.from({ length: count }, (_, index) => ({ timestampMs: firstMs + index }));
  const begun = performance.now();
  expect(await device.exchange(recordsFrame(records), PATIENCE.timeoutMs)).toBe(count);
  device.close();
  return performance.now() - begun;
}

async function blockedSeconds(change: 'create' | 'drop', of = gateway): Promise<number | null> {
  const response = await fetch(`${of.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await response.text()).value('iot_broker_partition_blocked_seconds', { change });
}

function warnings(of: Gateway): string[] {
  return of.process.lines.filter((line) => /WARN.*Cannot (create|drop) the partition/.test(line));
}

/** A report that reads the whole table and does not end. */
async function openReader(url: string): Promise<Client> {
  const reader = new Client({ connectionString: url, application_name: 'nightly-report' });
  await reader.connect();
  await reader.query('begin; select count(*) from tbl_iot_telemetry_data');
  return reader;
}

describe('partitions', () => {
  it('exist for yesterday, today and the two days ahead before a record arrives', async () => {
    const days = [-1, 0, 1, 2].map((ahead) => partitionName(daysAgo(-ahead)));
    const [found] = await database.query<{ count: number }>(
      'select count(*)::int as count from pg_class where relname = any($1)',
      [days],
    );
    expect(found).toEqual({ count: 4 });
    const imei = newImei();
    await send(imei, daysAgo(-1));
    expect(await partitionsOf(imei)).toEqual({ [partitionName(daysAgo(-1))]: 1 });
  });

  it('are created for a day of which enough records have arrived, and not for one of a few', async () => {
    const [many, few, wrong] = [newImei(), newImei(), newImei()];
    await send(few, daysAgo(37), ENOUGH_ROWS - 1);
    await send(wrong, daysAgo(402), ENOUGH_ROWS);
    await send(wrong, daysAgo(-4), ENOUGH_ROWS);
    await send(many, daysAgo(399), ENOUGH_ROWS);
    await waitFor(async () => (await partitionsOf(many))[partitionName(daysAgo(399))] === ENOUGH_ROWS, {
      ...PATIENCE,
      what: 'the partition of a day with enough records',
    });
    expect(await partitionsOf(few)).toEqual({ [DEFAULT_PARTITION]: ENOUGH_ROWS - 1 });
    expect(await partitionsOf(wrong)).toEqual({ [DEFAULT_PARTITION]: 2 * ENOUGH_ROWS });
    await send(few, daysAgo(37) + ENOUGH_ROWS);
    await waitFor(async () => (await partitionsOf(few))[partitionName(daysAgo(37))] === ENOUGH_ROWS, {
      ...PATIENCE,
      what: 'the partition of a day that has got enough records',
    });
  });
});

describe('a transaction that holds the table for long', () => {
  it('delays no acknowledgement, no read and no start, is named once, and the partition appears when it has ended', async () => {
    const [backlog, current] = [newImei(), newImei()];
    await send(current, Date.now());
    const reader = await openReader(database.url);
    const [{ pid }] = (await reader.query<{ pid: number }>('select pg_backend_pid() as pid')).rows as [{ pid: number }];
    try {
      expect(await send(backlog, daysAgo(30), ENOUGH_ROWS)).toBeLessThan(SOON_MS);
      await waitFor(() => blockedSeconds('create'), { ...PATIENCE, what: 'the metric to show that a partition is due' });
      expect(await send(backlog, daysAgo(30) + ENOUGH_ROWS, ENOUGH_ROWS)).toBeLessThan(SOON_MS);
      expect(await send(current, Date.now())).toBeLessThan(SOON_MS);
      const asked = performance.now();
      await gateway.client.telemetry.latest(current);
      await gateway.client.telemetry.history(backlog).page();
      expect(performance.now() - asked).toBeLessThan(SOON_MS);
      await (await Gateway.start(database.url)).stop();
      expect(await partitionsOf(backlog)).toEqual({ [DEFAULT_PARTITION]: 2 * ENOUGH_ROWS });
      expect(warnings(gateway)).toEqual([
        expect.stringMatching(
          new RegExp(`process ${pid} \\(nightly-report, user \\w+, idle in transaction\\), in a transaction for \\d+ s`),
        ),
      ]);
    } finally {
      await reader.query('rollback');
      await reader.end();
    }
    await waitFor(async () => (await partitionsOf(backlog))[partitionName(daysAgo(30))] === 2 * ENOUGH_ROWS, {
      ...PATIENCE,
      what: 'the partition of the day',
    });
    await waitFor(async () => (await blockedSeconds('create')) === 0, { ...PATIENCE, what: 'the metric to be 0' });
    expect(warnings(gateway)).toHaveLength(1);
  });
});

describe('retention', () => {
  it('drops the partitions that are too old, keeps the newest record of a silent device, and waits for no reader', async () => {
    const expiring = await createTestDatabase();
    const first = await Gateway.start(expiring.url);
    const imei = newImei();
    const old = daysAgo(40);
    await send(imei, old, ENOUGH_ROWS, first);
    await waitFor(async () => (await partitionsOf(imei, expiring))[partitionName(old)], { ...PATIENCE, what: 'the partition' });
    const reader = await openReader(expiring.url);
    await first.stop();

    const second = await Gateway.start(expiring.url, { TELEMETRY_RETENTION_DAYS: '30' });
    await waitFor(() => blockedSeconds('drop', second), { ...PATIENCE, what: 'the metric to show that a drop is due' });
    expect(await send(newImei(), Date.now(), 1, second)).toBeLessThan(SOON_MS);
    expect(warnings(second)).toEqual([expect.stringContaining('nightly-report') as string]);
    await reader.query('rollback');
    await reader.end();
    await waitFor(async () => (await second.stats('telemetry')).partitionsDropped === 1, {
      ...PATIENCE,
      what: 'the old partition to be dropped',
    });
    expect(await partitionsOf(imei, expiring)).toEqual({});
    const latest = await second.get<{ record: { iotTimestamp: string } }>(`devices/${imei}/telemetry/latest`);
    expect(Date.parse(latest.body.record.iotTimestamp)).toBe(old + ENOUGH_ROWS - 1);

    await send(imei, old, 1, second);
    expect(await partitionsOf(imei, expiring)).toEqual({ [DEFAULT_PARTITION]: 1 });
    await second.stop();
    await expiring.drop();
  });
});
