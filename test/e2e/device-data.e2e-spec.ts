import { DEVICE_TABLES } from '../../src/device-data/device-tables.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

interface Line {
  readonly kind: string;
  readonly data?: Record<string, unknown>;
  readonly counts?: Record<string, number>;
}

interface Receipt {
  readonly isComplete: boolean;
  readonly erased: Record<string, number>;
  readonly notErased: { readonly pendingCommands: number; readonly unreportedRecords: boolean };
  readonly kept: string[];
}

const FULL_DEVICE = '356307042500001';
const OTHER = '356307042500002';
const KEPT = ['registration', 'unregisteredDevice', 'session', 'daysWithRecords', 'eventSequence', 'auditEntry'];

let database: TestDatabase;
let gateway: Gateway;
let host: WebhookReceiver;

beforeAll(async () => {
  host = await WebhookReceiver.start();
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, {
    NOTIFICATION_URL: host.url,
    WEBHOOK_EVENTS: 'command.completed,telemetry,device.message,device.connected',
    EVENT_FEED_ENABLED: 'true',
    TELEMETRY_EVENT_INTERVAL: '0.2',
    WEBHOOK_TELEMETRY_RECORDS: 'all',
  });
});

afterAll(async () => {
  await gateway.stop();
  await host.close();
  await database.drop();
});

async function exported(imei: string): Promise<Line[]> {
  const response = await fetch(`${gateway.apiUrl}/api/v1/devices/${imei}/data`, { headers: { 'x-api-key': API_KEY } });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

async function erase(imei: string, of = gateway): Promise<Receipt> {
  const { status, body } = await of.change<{ receipt: Receipt }>('DELETE', `devices/${imei}/data`);
  expect([status, body]).toEqual([200, { success: true, receipt: expect.objectContaining({ imei }) as object }]);
  return body.receipt;
}

/** Rows of a device in each table that has any, by the names of the columns alone. */
async function rowsOf(imei: string): Promise<Record<string, number>> {
  const columns = await database.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
      where column_name in ('imei', 'iot_imei') and table_schema = 'public' and table_name not like 'tbl_iot_telemetry_data_%'`,
  );
  const counts: Record<string, number> = {};
  for (const { table, column } of columns) {
    const [row] = await database.query<{ count: number }>(`select count(*)::int as count from ${table} where ${column} = $1`, [
      imei,
    ]);
    if (row!.count > 0) {
      counts[table] = row!.count;
    }
  }
  return counts;
}

/** Gives a device rows of every kind, by what a device and a host do where that is quick. */
async function fill(imei: string): Promise<FakeDevice> {
  const device = await FakeDevice.logIn(gateway.devicePort, imei);
  const now = Date.now();
  const records = Array.from({ length: 12 }, (_each, index) => ({ timestampMs: now - index * 40 * 86_400_000, speed: index }));
  expect(await device.exchange(recordsFrame(records))).toBe(12);
  await gateway.post('command', { imei, command: 'getio' });
  expect(await device.command()).toBe('getio');
  device.send(codec12Frame(6, 'DI1:1 DI2:0'));
  await waitFor(() => host.events.some((event) => event.imei === imei && event.type === 'command.completed'), {
    what: 'the reply',
  });
  device.send(codec12Frame(6, 'a message that answers nothing'));
  await gateway.change('PUT', `registered-devices/${imei}`, { name: 'vehicle 7' });
  await database.query(
    `insert into tbl_iot_unknown_devices (imei, first_seen, last_seen, attempts, last_address) values ($1, now(), now(), 3, '198.51.100.7')`,
    [imei],
  );
  await database.query(
    `insert into tbl_iot_telemetry_quarantine (iot_imei, remote_address, scope, code, detail, raw) values ($1, '198.51.100.7', 'frame', 'TRUNCATED', 'x', '\\x01')`,
    [imei],
  );
  await database.query(
    `insert into tbl_iot_set_aside_arrivals (imei, reason, is_urgent, imeis, record_counts, first_received_ms, last_received_ms, newest_times_ms, newest_hashes, are_plausible)
     values ($1::text, 'x', false, array[$1::text], '{1}', '{1}', '{1}', '{1}', '{1}', '{t}')`,
    [imei],
  );
  await database.query(`insert into tbl_iot_unregistered_devices (imei) values ($1)`, [imei]);
  await database.query(
    `insert into tbl_iot_telemetry_latest select * from tbl_iot_telemetry_data where iot_imei = $1 order by iot_timestamp desc limit 1
     on conflict do nothing`,
    [imei],
  );
  await waitFor(() => host.events.some((event) => event.imei === imei && event.type === 'telemetry'), {
    what: 'the telemetry event',
  });
  await waitFor(() => host.events.some((event) => event.imei === imei && event.type === 'device.message'), {
    what: 'the message',
  });
  await waitFor(
    async () => {
      const [row] = await database.query<{ count: number }>(
        `select count(*)::int as count from tbl_iot_deliveries where imei = $1`,
        [imei],
      );
      return row?.count === 0;
    },
    { what: 'all deliveries to be settled' },
  );
  await waitFor(async () => (await rowsOf(imei)).tbl_iot_device_log !== undefined, { what: 'the device log' });
  return device;
}

describe('the data of a device', () => {
  it('is exported and erased whole, while another device keeps its own', async () => {
    const devices = [await fill(FULL_DEVICE), await fill(OTHER)];
    const before = { mine: await rowsOf(FULL_DEVICE), others: await rowsOf(OTHER) };
    const lines = await exported(FULL_DEVICE);
    expect([lines[0]?.kind, lines.at(-1)?.kind]).toEqual(['export', 'end']);
    const kinds = new Set(lines.slice(1, -1).map(({ kind }) => kind));
    // All but deliveries, which have been settled, and attempts of deliveries, which only failed ones have.
    expect([...kinds].sort()).toEqual(
      DEVICE_TABLES.map(({ kind }) => kind)
        .filter((kind) => !['delivery', 'deliveryAttempt'].includes(kind))
        .sort(),
    );
    expect(lines.filter(({ kind }) => kind === 'record').map(({ data }) => data?.iot_imei)).toEqual(Array(12).fill(FULL_DEVICE));
    for (const { kind, table, join } of DEVICE_TABLES.filter((each) => each.join === undefined && each.kind !== 'auditEntry')) {
      expect([kind, join, lines.filter((line) => line.kind === kind).length]).toEqual([kind, undefined, before.mine[table] ?? 0]);
    }
    expect(lines.at(-1)?.counts?.record).toBe(12);

    const receipt = await erase(FULL_DEVICE);
    expect(receipt).toMatchObject({
      isComplete: true,
      erased: { record: 12, latestRecord: 1, command: 1, deviceMessage: 1, quarantinedFrame: 1, refusedDevice: 1 },
      notErased: { pendingCommands: 0, unreportedRecords: false },
    });
    expect(receipt.kept.sort()).toEqual([...KEPT].sort());
    expect(Object.keys(await rowsOf(FULL_DEVICE)).sort()).toEqual(
      DEVICE_TABLES.filter(({ kind }) => KEPT.includes(kind))
        .map(({ table }) => table)
        .sort(),
    );
    expect(await rowsOf(OTHER)).toEqual(before.others);
    const [orphans] = await database.query<{ attempts: number; deliveries: number }>(
      `select (select count(*)::int from tbl_iot_command_attempts left join tbl_iot_command_logs command using (command_log_id) where command is null) as attempts,
              (select count(*)::int from tbl_iot_delivery_attempts left join tbl_iot_events event using (event_id) where event is null) as deliveries`,
    );
    expect(orphans).toEqual({ attempts: 0, deliveries: 0 });
    devices.forEach((device) => device.close());
  });

  it('is in the audit as exported and as erased, with the counts', async () => {
    const { body } = await gateway.get<{ entries: { action: string; details: Record<string, unknown> }[] }>(
      `audit?imei=${FULL_DEVICE}`,
    );
    const actions = body.entries.map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['device.data-exported', 'device.data-erasure-started', 'device.data-erased']),
    );
    const erased = body.entries.find(({ action }) => action === 'device.data-erased');
    expect(erased?.details).toMatchObject({ isComplete: true, erased: { record: 12 } });
  });

  it('arrives again as before after it was erased, also while the device is connected and on days that it had before', async () => {
    const imei = '356307042500003';
    const device = await fill(imei);
    const last = host.events.filter((event) => event.imei === imei).length;
    await erase(imei);
    expect(await device.exchange(recordsFrame([{ timestampMs: Date.now() - 40 * 86_400_000, speed: 77 }]))).toBe(1);
    const { body } = await gateway.get<{ records: { speed: number }[] }>(`devices/${imei}/telemetry`);
    expect(body.records.map(({ speed }) => speed)).toEqual([77]);
    await waitFor(() => host.events.filter((event) => event.imei === imei).length > last, { what: 'a new event' });
    const sequences = host.events.filter((event) => event.imei === imei).map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
    device.close();
  });

  it('of a command that is pending stays, and the receipt says so', async () => {
    const imei = '356307042500004';
    const { body } = await gateway.post<{ commandLogId: string }>('command', { imei, command: 'getver', mode: 'queue' });
    expect(await erase(imei)).toMatchObject({ isComplete: false, notErased: { pendingCommands: 1 }, erased: { command: 0 } });
    expect((await gateway.get(`commands/${body.commandLogId}`)).status).toBe(200);
    await gateway.post(`commands/${body.commandLogId}/cancel`, {});
    expect(await erase(imei)).toMatchObject({ isComplete: true, erased: { command: 1 } });
  });

  it('of many rows is exported and erased in steps', async () => {
    const imei = '356307042500005';
    await database.query(
      `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id)
       select $1, timestamptz '2026-03-01' + (i / 2) * interval '1 second', i, now(), 54, 25, 0, 0, 9, 0, 0, 0 from generate_series(1, 12001) i`,
      [imei],
    );
    const lines = await exported(imei);
    const hashes = lines.filter(({ kind }) => kind === 'record').map(({ data }) => data?.record_hash as number);
    expect(new Set(hashes).size).toBe(12_001);
    expect(await erase(imei)).toMatchObject({ erased: { record: 12_001 }, isComplete: true });
    expect(await erase(imei)).toMatchObject({ erased: { record: 0 }, isComplete: true });
  });

  it('is given to no one without the scope admin', async () => {
    const { body } = await gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read', 'command'] });
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(`${gateway.apiUrl}/api/v1/devices/${OTHER}/data`, {
        method,
        headers: { 'x-api-key': body.secret },
      });
      expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'FORBIDDEN_SCOPE' })]);
    }
    expect((await rowsOf(OTHER)).tbl_iot_telemetry_data).toBe(12);
  });
});

it('that is erased while the host is unavailable does not block the events that come after', async () => {
  const own = await createTestDatabase();
  const away = await WebhookReceiver.start();
  const { url } = away;
  await away.close();
  const other = await Gateway.start(own.url, { NOTIFICATION_URL: url, WEBHOOK_EVENTS: 'device.connected' });
  const imei = '356307042500006';
  const connect = async (): Promise<void> => (await FakeDevice.logIn(other.devicePort, imei)).close();
  await connect();
  await connect();
  const deliveries = async (): Promise<number> =>
    (await own.query<{ count: number }>('select count(*)::int as count from tbl_iot_deliveries'))[0]!.count;
  await waitFor(async () => (await deliveries()) === 2, { what: 'two deliveries' });
  expect(await erase(imei, other)).toMatchObject({ isComplete: true, erased: { event: 2 } });
  expect(await deliveries()).toBe(0);
  await connect();
  await away.listen();
  await waitFor(() => away.events.length === 1, { timeoutMs: 60_000, what: 'the event after the erasure' });
  expect(away.events[0]).toMatchObject({ imei, type: 'device.connected', sequence: expect.anything() as unknown });
  await other.stop();
  await away.close();
  await own.drop();
}, 90_000);

it('every table with the IMEI of a device is exported', async () => {
  const tables = await database.query<{ table: string }>(
    `select distinct table_name as table from information_schema.columns
      where column_name in ('imei', 'iot_imei', 'imeis') and table_schema = 'public' and table_name not like 'tbl_iot_telemetry_data_%'`,
  );
  const listed = new Set<string>(DEVICE_TABLES.map(({ table }) => table));
  const unlisted = tables.map(({ table }) => table).filter((table) => !listed.has(table));
  expect(unlisted.sort()).toEqual(['tbl_iot_record_arrivals', 'tbl_iot_telemetry_arrivals']);
});
