import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, frame, recordsField, recordsFrame, uint } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const HONEST = '356307042000001';
const TYPE_REPLY = 6;
const LIMITS = {
  QUARANTINE_MAX_ROWS_PER_DEVICE: '5',
  QUARANTINE_MAX_ROWS: '20',
  DEVICE_MESSAGES_MAX_ROWS_PER_DEVICE: '5',
  DEVICE_MESSAGES_MAX_ROWS: '20',
  DEVICE_LOG_MAX_ROWS: '40',
  DEVICE_MESSAGES_RETENTION_DAYS: '10',
  QUARANTINE_RETENTION_DAYS: '10',
};
/** The bounds are enforced every ten seconds. */
const ENFORCED_WITHIN_MS = 30_000;

let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  await insertOldRows();
  gateway = await Gateway.start(database.url, LIMITS);
  await gateway.change('PUT', `registered-devices/${HONEST}`, {});
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

async function insertOldRows(): Promise<void> {
  await database.query(
    `insert into tbl_iot_telemetry_quarantine (iot_imei, remote_address, scope, code, detail, raw, received_at)
     select 'old', '127.0.0.1', 'frame', 'TRUNCATED', '', days::text::bytea, now() - make_interval(days => days) from unnest('{9,11}'::int[]) days`,
  );
  await database.query(
    `insert into tbl_iot_device_messages (imei, received_at, codec, message_type, text, payload)
     select 'old', now() - make_interval(days => days), 12, 6, days, '' from unnest('{9,11}'::int[]) days`,
  );
}

function newStranger(number: number): string {
  return String(860_000_000_000_000 + number);
}

/** The CRC is right, the body ends too early: no decoder of any version reads it. */
function undecodable(number: number): Buffer {
  return frame(Buffer.concat([recordsField([{ speed: 1 }]).subarray(0, 20), uint(number, 4), uint(1, 1)]));
}

async function count(table: string, condition = 'true', params: readonly unknown[] = []): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::int as count from ${table} where ${condition}`, params);
  return row?.count ?? 0;
}

async function becomes(expected: number, table: string, condition?: string, params?: readonly unknown[]): Promise<void> {
  await waitFor(async () => (await count(table, condition, params)) === expected, {
    what: `${expected} rows in ${table}`,
    timeoutMs: ENFORCED_WITHIN_MS,
  });
}

describe('the retention', () => {
  it('deletes old messages and old frames in quarantine, and keeps younger ones', async () => {
    await becomes(1, 'tbl_iot_device_messages', `imei = 'old'`);
    await becomes(1, 'tbl_iot_telemetry_quarantine', `iot_imei = 'old'`);
    expect(await database.query(`select text from tbl_iot_device_messages where imei = 'old'`)).toEqual([{ text: '9' }]);
  });
});

async function floodQuarantine(honest: FakeDevice): Promise<void> {
  for (let number = 0; number < 3; number++) {
    expect(await honest.exchange(undecodable(number))).toBe(1);
  }
  await Promise.all(
    Array.from({ length: 10 }, async (_, number) => {
      const stranger = await FakeDevice.logIn(gateway.devicePort, newStranger(number));
      for (let frames = 0; frames < 30; frames++) {
        expect(await stranger.exchange(undecodable(frames))).toBe(1);
      }
      stranger.close();
    }),
  );
}

async function floodMessages(honest: FakeDevice): Promise<void> {
  honest.send(codec12Frame(TYPE_REPLY, 'honest words'));
  await becomes(1, 'tbl_iot_device_messages', 'imei = $1', [HONEST]);
  await Promise.all(
    Array.from({ length: 10 }, async (_, number) => {
      const stranger = await FakeDevice.logIn(gateway.devicePort, newStranger(number));
      for (let messages = 0; messages < 10; messages++) {
        stranger.send(codec12Frame(TYPE_REPLY, `message ${messages}`));
      }
      // Acknowledged after the messages before it were stored.
      expect(await stranger.exchange(recordsFrame([{ speed: 1 }]))).toBe(1);
      stranger.close();
    }),
  );
}

async function floodDeviceLog(): Promise<void> {
  for (let number = 0; number < 100; number++) {
    (await FakeDevice.logIn(gateway.devicePort, newStranger(1_000 + number))).close();
  }
  await waitFor(async () => (await count('tbl_iot_device_log', `imei = $1`, [newStranger(1_099)])) === 2, {
    what: 'the last login in the device log',
  });
}

describe('a stranger that floods', () => {
  let honest: FakeDevice;

  // All floods come first: one enforcement of the bounds then serves every test.
  beforeAll(async () => {
    honest = await FakeDevice.logIn(gateway.devicePort, HONEST);
    await floodQuarantine(honest);
    await floodMessages(honest);
    await floodDeviceLog();
  }, 120_000);

  afterAll(() => honest.close());

  it('the quarantine is kept to the newest frames per device and to the limit in all; a registered device keeps its own', async () => {
    await becomes(20, 'tbl_iot_telemetry_quarantine');
    expect(await count('tbl_iot_telemetry_quarantine', 'iot_imei = $1', [HONEST])).toBe(3);
    const [most] = await database.query<{ rows: number }>(
      `select max(rows)::int as rows from (select count(*) as rows from tbl_iot_telemetry_quarantine group by iot_imei) device`,
    );
    expect(most?.rows).toBeLessThanOrEqual(5);
    expect(await honest.exchange(recordsFrame([{ speed: 2 }]))).toBe(1);
  });

  it('the device messages leaves a registered device its own', async () => {
    await becomes(20, 'tbl_iot_device_messages');
    expect(await count('tbl_iot_device_messages', 'imei = $1', [HONEST])).toBe(1);
    expect(await count('tbl_iot_device_messages', `imei <> $1 and text = 'message 0'`, [HONEST])).toBe(0);
  });

  it('the device log with logins of invented devices does not exceed its limit', async () => {
    await waitFor(async () => (await count('tbl_iot_device_log')) <= 40, { what: 'the limit', timeoutMs: ENFORCED_WITHIN_MS });
    expect(await count('tbl_iot_device_log', 'imei = $1', [HONEST])).toBeGreaterThan(0);
  });

  it('is seen in the metrics', async () => {
    const response = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': 'a key for tests' } });
    const text = await response.text();
    const deleted = (table: string, cause: string): number =>
      Number(new RegExp(`^iot_broker_rows_deleted_total\\{table="${table}",cause="${cause}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    expect(deleted('tbl_iot_telemetry_quarantine', 'retention')).toBe(1);
    expect(deleted('tbl_iot_telemetry_quarantine', 'device_limit')).toBeGreaterThan(0);
    expect(deleted('tbl_iot_telemetry_quarantine', 'table_limit')).toBeGreaterThan(0);
    expect(deleted('tbl_iot_device_messages', 'device_limit')).toBeGreaterThan(0);
    expect(text).toMatch(/^iot_broker_table_bytes\{table="tbl_iot_device_messages"\} [1-9]/m);
  });
});
