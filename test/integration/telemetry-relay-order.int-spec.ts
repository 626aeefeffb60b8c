import { type DataSource, type QueryRunner } from 'typeorm';
import { AdmissionSettings } from '../../src/admission/admission.settings.js';
import { UnregisteredDevicesRepository } from '../../src/admission/unregistered-devices.repository.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { EventLog } from '../../src/events/event-log.js';
import { EventSettings } from '../../src/events/events.settings.js';
import { type TelemetryReport } from '../../src/events/telemetry/telemetry-report.js';
import { type TableBounds } from '../../src/platform/retention/bounded-table.js';
import { type TableRetention } from '../../src/platform/retention/table-retention.js';
import { TableRetentionRepository } from '../../src/platform/retention/table-retention.repository.js';
import { type DatabaseAvailability } from '../../src/platform/database/database-availability.js';
import { MetricsRegistry } from '../../src/platform/observability/metrics-registry.js';
import { RelayCounters } from '../../src/telemetry/relay/relay-counters.js';
import { TelemetryRelay } from '../../src/telemetry/relay/telemetry-relay.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  batchOf,
  type EventSettingsOf,
  openSource,
  telemetryStore,
  type TelemetryStore,
  testRecord as record,
} from '../support/telemetry-store.js';
import { waitFor } from '../support/wait-for.js';

const BASE = Date.now() - 3_600_000;

let database: TestDatabase;
let source: DataSource;
let runner: QueryRunner;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await openSource(database.url);
  runner = source.createQueryRunner();
});

afterEach(async () => {
  await runner.release();
  await source.destroy();
  await database.drop();
});

const instance = (settings: EventSettingsOf = {}): TelemetryStore => telemetryStore(source, settings);

function waiting(): Promise<unknown> {
  return waitFor(
    async () =>
      (await database.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
        .length > 0 || null,
    { what: 'a statement that waits for a lock' },
  );
}

const events = () => database.query('select imei, record_count as records from tbl_iot_events order by imei, sequence');

it('locks the sequences of known and of new devices in the order of the IMEIs, as appending does', async () => {
  const { store, round } = instance();
  await database.query(`insert into tbl_iot_event_sequences (imei, last_sequence) values ('2', 0)`);
  await store.store(
    batchOf([
      ['2', [record(BASE, 1)]],
      ['1', [record(BASE, 2)]],
    ]),
  );
  // An append for both devices has locked the first one and goes on to the second.
  await runner.startTransaction();
  await runner.query(`insert into tbl_iot_event_sequences (imei, last_sequence) values ('1', 0)`);
  const relayed = round.relayDue();
  await waiting();
  await runner.query(`update tbl_iot_event_sequences set last_sequence = last_sequence where imei = '2'`);
  await runner.commitTransaction();
  expect(await relayed).toMatchObject({ records: 2, busy: 0 });
  expect(await events()).toEqual([
    { imei: '1', records: 1 },
    { imei: '2', records: 1 },
  ]);
});

it('keeps the sequence of an expired device that an event was just appended to', async () => {
  const registered: TableBounds[] = [];
  const retention = { register: (bounds: TableBounds) => registered.push(bounds) } as unknown as TableRetention;
  new UnregisteredDevicesRepository(source, retention, new AdmissionSettings());
  await database.query(
    `insert into tbl_iot_unregistered_devices (imei, last_seen) select imei, now() - interval '1000 days' from (values ('1'), ('2')) device (imei)`,
  );
  await database.query(`insert into tbl_iot_event_sequences (imei, last_sequence) values ('1', 4), ('2', 4)`);
  await runner.startTransaction();
  await new EventsRepository(source).append(runner.manager, [{ type: 'device.connected', imei: '1', body: {} as never }], false);
  const other = source.createQueryRunner();
  const removed = new TableRetentionRepository(source).deleteExpired(other, { ...registered[0]!, retentionDays: 30 }, 10);
  await waiting();
  await runner.commitTransaction();
  expect(await removed).toBe(2);
  await other.release();
  expect(await database.query('select imei, last_sequence::int as last from tbl_iot_event_sequences')).toEqual([
    { imei: '1', last: 5 },
  ]);
});

it('relays although the clock of the database was set back', async () => {
  const { store, round } = instance({ TELEMETRY_EVENT_INTERVAL: 600 });
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = now() + interval '1 hour'`);
  await store.store(batchOf([['1', [record(BASE, 1)]]]));
  expect(await round.relayDue()).toMatchObject({ kind: 'relayed', records: 1 });
  await store.store(batchOf([['1', [record(BASE + 1, 2)]]]));
  expect(await round.relayDue()).toMatchObject({ kind: 'not-due' });
});

it('creates its state where it is missing, and does not take that for a round elsewhere', async () => {
  const { store, round, arrivals } = instance();
  await store.store(batchOf([['1', [record(BASE, 1)]]]));
  await database.query('delete from tbl_iot_telemetry_relays');
  expect(await arrivals.oldestAgeSeconds()).toBeGreaterThanOrEqual(0);
  expect(await round.relayDue()).toMatchObject({ kind: 'relayed', records: 1 });
  await database.query('delete from tbl_iot_telemetry_relays');
  await store.store(batchOf([['1', [record(BASE + 1, 2, 1)]]]));
  expect(await round.relayUrgent()).toMatchObject({ kind: 'relayed', records: 1 });
});

it('sees the age of arrivals behind a transaction number of another cluster', async () => {
  const { store, arrivals } = instance();
  await store.store(batchOf([['1', [record(BASE, 1)]]]));
  await database.query(`update tbl_iot_telemetry_relays set relayed_below = '4611686018427387904'`);
  expect(await arrivals.oldestAgeSeconds()).toBeGreaterThanOrEqual(0);
});

it('relays urgent devices although the round of the others fails', async () => {
  const { store, round, arrivals } = instance();
  // An error that is not about a row: the report is not set aside.
  await database.query(
    `create function fail() returns trigger language plpgsql as $$
     begin
       if new.imei = 'broken' then raise 'broken'; end if;
       return new;
     end
     $$`,
  );
  await database.query('create trigger failing before insert on tbl_iot_events for each row execute function fail()');
  await store.store(batchOf([['broken', [record(BASE, 1)]]]));
  await expect(round.relayDue()).rejects.toThrow('broken');
  await store.store(batchOf([['1', [record(BASE, 1, 2)]]]));
  const settings = Object.assign(new EventSettings(), { NOTIFICATION_URL: 'http://127.0.0.1', TELEMETRY_WEBHOOK_ENABLED: true });
  const failures: string[] = [];
  const relay = new TelemetryRelay(
    round,
    new EventLog(new EventsRepository(source), settings),
    new RelayCounters(arrivals, new MetricsRegistry(), settings),
    { logFailure: (_: unknown, message: string) => failures.push(message) } as unknown as DatabaseAvailability,
    settings,
  );
  relay.onApplicationBootstrap();
  relay.wakeUrgent();
  try {
    expect(await waitFor(async () => ((await events()).length > 0 ? events() : null), { what: 'the urgent event' })).toEqual([
      { imei: '1', records: 1 },
    ]);
  } finally {
    await relay.beforeApplicationShutdown();
  }
  expect(failures).toHaveLength(1);
});

describe('arrivals with many keys', () => {
  const ALL = { WEBHOOK_TELEMETRY_RECORDS: 'all', WEBHOOK_TELEMETRY_MAX_RECORDS: 0 };
  let seed = 0;

  function reportOf(imei: string, keys: number): TelemetryReport {
    const hashes = Array.from({ length: keys }, () => String(seed++));
    const counts = {
      count: keys,
      firstReceivedMs: BASE,
      lastReceivedMs: BASE,
      newestMs: BASE,
      newestHash: 1n,
      isPlausible: true,
    };
    return { imei, ...counts, keys: { timesMs: hashes.map(() => BASE), hashes } };
  }

  async function arrive({ arrivals }: TelemetryStore, rows: number, keys: number): Promise<void> {
    await arrivals.transaction(async (manager) => {
      for (let row = 0; row < rows; row++) {
        await arrivals.putBack(manager, [reportOf(String(row % 3), keys)], false);
      }
    });
  }

  const keysOfRows = () =>
    database.query<{ id: string; keys: number; counted: number; hashes: string[] }>(
      `select arrival_id as id, cardinality(key_hashes) as keys, (select sum(n) from unnest(record_counts) n)::int as counted, key_hashes as hashes
         from tbl_iot_telemetry_arrivals order by arrival_id`,
    );

  it('are merged into rows of at most 10,000 keys, which are not merged again', async () => {
    const store = instance({ ...ALL, TELEMETRY_EVENT_INTERVAL: 3_600 });
    await arrive(store, 120, 300);
    await store.round.compact();
    const compacted = await keysOfRows();
    expect(compacted.map(({ keys }) => keys)).toEqual([10_000, 10_000, 10_000, 6_000]);
    expect(compacted.map(({ counted }) => counted)).toEqual([10_000, 10_000, 10_000, 6_000]);
    expect(new Set(compacted.flatMap(({ hashes }) => hashes)).size).toBe(36_000);
    await arrive(store, 100, 1);
    await store.round.compact();
    const again = await keysOfRows();
    expect(again.map(({ id }) => id).slice(0, 4)).toEqual(compacted.map(({ id }) => id));
    expect(again.map(({ keys }) => keys).slice(4)).toEqual([100]);
  });

  it('are merged although so few fit into one round', async () => {
    const store = instance({ ...ALL, TELEMETRY_EVENT_INTERVAL: 3_600 });
    await arrive(store, 20, 4_000);
    await store.round.compact();
    const rows = await keysOfRows();
    expect(rows.length).toBeLessThan(20);
    expect(rows.reduce((sum, { keys }) => sum + keys, 0)).toBe(80_000);
  });

  it('are relayed in several transactions', async () => {
    const store = instance(ALL);
    await arrive(store, 14, 9_000);
    const relayed: number[] = [];
    for (let hasMore = true; hasMore;) {
      const round = (await store.round.relayDue()) as { records: number; hasMore: boolean };
      relayed.push(round.records);
      hasMore = round.hasMore;
    }
    expect(relayed).toEqual([54_000, 54_000, 18_000]);
  });
});
