import { readFile } from 'node:fs/promises';
import { type DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  batchOf,
  type EventSettingsOf,
  openSource,
  telemetryStore,
  type TelemetryStore,
  testRecord as record,
} from '../support/telemetry-store.js';

const BASE = Date.now() - 3_600_000;
const RUNBOOK = new URL('../../docs/operate/limits.md', import.meta.url);

let database: TestDatabase;
let source: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await openSource(database.url);
});

afterEach(async () => {
  await source.destroy();
  await database.drop();
});

const instance = (settings: EventSettingsOf = {}): TelemetryStore => telemetryStore(source, settings);

const refuse = (condition: string) =>
  database.query(`alter table tbl_iot_events add constraint refused check (not (${condition}))`);

const events = (): Promise<{ imei: string; records: number }[]> =>
  database.query('select imei, record_count as records from tbl_iot_events order by imei, sequence');

const waiting = async (): Promise<number> => (await database.query('select from tbl_iot_telemetry_arrivals')).length;

interface Kept {
  readonly imei: string | null;
  readonly reason: string;
  readonly imeis: string[];
  readonly counts: number[];
}

const kept = (): Promise<Kept[]> =>
  database.query('select imei, reason, imeis, record_counts as counts from tbl_iot_set_aside_arrivals order by set_aside_id');

/** The statement that `docs/operate/limits.md` gives. */
async function putBack(): Promise<void> {
  const text = await readFile(RUNBOOK, 'utf8');
  const statement = /```sql\n(with put_back as \([^`]*)```/.exec(text)?.[1];
  await database.query(statement!.replace('IMEI', 'bad'));
}

/** Stores one record of each device in each of the batches. */
async function store(target: TelemetryStore, imeis: readonly string[], batches = 1, first = 0): Promise<void> {
  for (let batch = first; batch < first + batches; batch++) {
    await target.store.store(batchOf(imeis.map((imei, index) => [imei, [record(BASE + batch, batch * 100 + index)]])));
  }
}

it('sets aside what a device has sent whose report is refused, and reports the others', async () => {
  const target = instance();
  await refuse(`imei = 'bad'`);
  const others = Array.from({ length: 40 }, (_, index) => `device${index}`);
  await store(target, [...others, 'bad'], 2);
  expect(await target.round.relayDue()).toMatchObject({
    devices: 40,
    records: 80,
    busy: 0,
    setAside: [{ imei: 'bad', reason: expect.stringContaining('refused') as string }],
  });
  expect((await events()).map(({ imei, records }) => [imei, records])).toEqual(others.sort().map((imei) => [imei, 2]));
  expect(await waiting()).toBe(0);
  expect(await kept()).toMatchObject([{ imei: 'bad', imeis: ['bad', 'bad'], counts: [1, 1] }]);
  // The device does not hold up what comes later.
  await store(target, ['device1'], 1, 5);
  expect(await target.round.relayDue()).toMatchObject({ devices: 1, setAside: [] });
});

it.each(['latest', 'all'])('reports what was put back, with WEBHOOK_TELEMETRY_RECORDS=%s', async (setting) => {
  const target = instance({ WEBHOOK_TELEMETRY_RECORDS: setting });
  await refuse(`imei = 'bad'`);
  await store(target, ['a', 'bad'], 3);
  await target.round.relayDue();
  await store(target, ['bad'], 1, 3);
  await target.round.relayDue();
  expect(await kept()).toHaveLength(2);
  await database.query('alter table tbl_iot_events drop constraint refused');
  await putBack();
  expect(await kept()).toEqual([]);
  expect(await target.round.relayDue()).toMatchObject({ devices: 1, records: 4, setAside: [] });
  expect(await events()).toEqual([
    { imei: 'a', records: 3 },
    { imei: 'bad', records: 4 },
  ]);
  expect(await database.query(`select from tbl_iot_event_records where imei = 'bad'`)).toHaveLength(setting === 'all' ? 4 : 0);
});

it('keeps the numbers that were stored when their sum is too large', async () => {
  const target = instance();
  await database.query(
    `insert into tbl_iot_telemetry_arrivals (is_urgent, imeis, record_counts, first_received_ms, last_received_ms, newest_times_ms, newest_hashes, are_plausible)
     select false, '{a,bad}', '{1,2147483647}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{t,t}' from generate_series(1, 2)`,
  );
  expect(await target.round.relayDue()).toMatchObject({ devices: 1, setAside: [{ imei: 'bad' }] });
  expect(await kept()).toMatchObject([{ imei: 'bad', counts: [2_147_483_647, 2_147_483_647] }]);
});

it('sets aside an arrival whose arrays do not fit together, also during a long interval', async () => {
  const target = instance({ TELEMETRY_EVENT_INTERVAL: 3_600 });
  await store(target, ['a'], 120);
  await database.query(
    `insert into tbl_iot_telemetry_arrivals (is_urgent, imeis, record_counts, first_received_ms, last_received_ms, newest_times_ms, newest_hashes, are_plausible)
     values (false, '{b,c}', '{1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{t,t}')`,
  );
  await target.round.compact();
  expect(await waiting()).toBe(2);
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = now() - interval '2 hours'`);
  expect(await target.round.relayDue()).toMatchObject({
    records: 120,
    setAside: [{ imei: null, reason: expect.stringContaining('2 devices') as string }],
  });
  expect(await waiting()).toBe(0);
  expect(await kept()).toMatchObject([{ imei: null, imeis: ['b', 'c'], counts: [1] }]);
});

it('sets nothing aside when the reports of many devices are refused and no other is made', async () => {
  const target = instance();
  await refuse('true');
  await store(
    target,
    Array.from({ length: 12 }, (_, index) => `device${index}`),
  );
  await expect(target.round.relayDue()).rejects.toThrow('refused');
  expect(await waiting()).toBe(1);
  expect(await kept()).toEqual([]);
  await database.query('alter table tbl_iot_events drop constraint refused');
  expect(await target.round.relayDue()).toMatchObject({ devices: 12, setAside: [] });
});
