import { type DataSource, type EntityManager } from 'typeorm';
import { DeviceDataRepository } from '../../src/device-data/device-data.repository.js';
import { BEGINNING } from '../../src/events/event-cursor.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { DEVICE_TABLES, type DeviceTable } from '../../src/device-data/device-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { openSource } from '../support/telemetry-store.js';

const DEVICES = 1_000;
/** Records, events and commands of each device. */
const EACH = 20;
/** Bodies that one statement makes. */
const CLOSED = 500;
const DEVICE = '350612000000007';
const GROWN = [
  'tbl_iot_events',
  'tbl_iot_event_records',
  'tbl_iot_deliveries',
  'tbl_iot_delivery_attempts',
  'tbl_iot_command_logs',
  'tbl_iot_command_attempts',
];

let database: TestDatabase;
let source: DataSource;

/** Tables as they are before autovacuum has analysed them for the first time. */
beforeAll(async () => {
  database = await createTestDatabase();
  source = await openSource(database.url);
  for (const table of GROWN) {
    await database.query(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  await database.query(
    `create table day partition of tbl_iot_telemetry_data for values from ('2026-11-30T00:00:00Z') to ('2026-12-01T00:00:00Z')
       with (autovacuum_enabled = off)`,
  );
  for (const statement of FILL) {
    await database.query(statement, [DEVICES, EACH]);
  }
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const OF_ALL = `(select (350612000000000 + device)::text as imei, number, timestamptz '2026-11-30T00:00:00Z' + make_interval(secs => number) as time
                   from generate_series(1, $2::int) number, generate_series(1, $1::int) device) given`;
const FILL = [
  `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, angle, speed, event_io_id, altitude, satellites, priority,
                                       latitude, longitude, io)
   select imei, time, number, time, 90, 50, 0, 120, 7, 0, 54.5, 25.25, '{"10": 3}' from ${OF_ALL}`,
  `insert into tbl_iot_events (imei, sequence, type, is_open, record_count, first_received_at, last_received_at, newest_is_plausible, newest_time,
                               newest_hash)
   select imei, number, 'telemetry', true, 1, time, time, true, time, number from ${OF_ALL}`,
  // Of events of other days as well.
  `insert into tbl_iot_event_records (event_id, imei, iot_timestamp, record_hash)
   select event_id, imei, newest_time - make_interval(days => day), newest_hash from tbl_iot_events, generate_series(0, 9) day
    where $1::int + $2::int > 0`,
  `insert into tbl_iot_delivery_attempts (event_id, attempt, status, duration_ms, attempted_at, webhook_id)
   select event_id, attempt, 500, 1, now(), 'host' from tbl_iot_events, generate_series(1, 3) attempt where $1::int + $2::int > 0`,
  `insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, status, max_retry, timeout_seconds, estimated_timeout_at, expires_at,
                                     due_at)
   select imei, 'getver', 12, 'ver', false, 'live', 'COMPLETED', 1, 1, now(), now(), now() from ${OF_ALL}`,
  `insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid)
   select command_log_id, 1, now(), 'socket' from tbl_iot_command_logs where $1::int + $2::int > 0`,
];

/** Does the work in a transaction that is rolled back. Returns the tables of which it has read rows by going through all of them. */
async function tablesReadWhole(work: (manager: EntityManager) => Promise<unknown>): Promise<string[]> {
  const runner = source.createQueryRunner();
  // The numbers are those of the transaction, and of what the connection has not reported before.
  const counts = async () =>
    (await runner.query(
      `select relname as name, seq_tup_read::float8 as read from pg_stat_xact_user_tables order by relname`,
    )) as {
      name: string;
      read: number;
    }[];
  await runner.startTransaction();
  try {
    const before = new Map((await counts()).map(({ name, read }) => [name, read]));
    await work(runner.manager);
    return (await counts()).filter(({ name, read }) => read > (before.get(name) ?? 0)).map(({ name }) => name);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

async function idsOfEvents(condition: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select event_id as id from tbl_iot_events where ${condition} limit ${CLOSED}`,
  );
  return rows.map(({ id }) => id);
}

function repositoryIn(manager: EntityManager): DeviceDataRepository {
  const within = {
    manager,
    query: manager.query.bind(manager),
    transaction: (work: (inner: EntityManager) => unknown) => work(manager),
  };
  return new DeviceDataRepository(within as unknown as DataSource);
}

const tableOf = (kind: string): DeviceTable => DEVICE_TABLES.find((table) => table.kind === kind)!;

it.each([
  ['eventRecord', EACH * 10],
  ['deliveryAttempt', EACH * 3],
  ['commandAttempt', EACH],
])('exports each %s of a device by its key', async (kind, rows) => {
  const read = await tablesReadWhole(async (manager) => {
    const repository = repositoryIn(manager);
    const page = await repository.readRows(tableOf(kind), DEVICE, null, 1_000);
    expect(page.rows).toHaveLength(rows);
    expect(await repository.count(tableOf(kind), DEVICE)).toBe(rows);
  });
  expect(read).toEqual([]);
});

it.each(['event', 'command'])('erases what belongs to each %s of a device by its key', async (kind) => {
  const read = await tablesReadWhole(async (manager) => {
    const before = new Date(Date.now() + 60_000).toISOString();
    expect(await repositoryIn(manager).eraseRows(tableOf(kind), DEVICE, before, null, 1_000)).toEqual({
      erased: EACH,
      next: null,
    });
  });
  expect(read).toEqual([]);
});

it('makes the records of an event by their keys', async () => {
  const [id] = await idsOfEvents(`imei = '${DEVICE}'`);
  const read = await tablesReadWhole(async (manager) => {
    const [made] = await manager.query<[{ records: unknown[] }]>('select iot_event_records($1::uuid) as records', [id]);
    expect(made.records).toHaveLength(1);
  });
  expect(read).not.toContain('day');
});

it('makes the bodies of many events by the keys of their newest records', async () => {
  await database.query('analyze tbl_iot_events');
  const ids = await idsOfEvents('sequence = 7');
  const read = await tablesReadWhole(async (manager) => {
    await manager.query('truncate tbl_iot_event_records');
    const made = await manager.query<unknown[]>(`select * from iot_telemetry_bodies($1::uuid[])`, [ids]);
    expect(made).toHaveLength(CLOSED);
  });
  expect(read).not.toContain('day');
});

it('deletes expired events, and what belongs to them, by their keys', async () => {
  await database.query(
    `update tbl_iot_events set is_open = false, body = '{}', occurred_at = now() - interval '40 days', last_received_at = null`,
  );
  const read = await tablesReadWhole(async (manager) => {
    const repository = new EventsRepository(manager as unknown as DataSource);
    expect(await repository.removeExpired(BEGINNING, 7, 30, 500)).toMatchObject({ removed: 500 });
  });
  expect(read).toEqual([]);
});
