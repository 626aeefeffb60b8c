import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { recordsPacket, UdpDevice } from '../support/udp-device.js';
import { waitFor } from '../support/wait-for.js';

const LIMIT = 5;
const ENV = {
  MAX_UNREGISTERED_DEVICES: String(LIMIT),
  UNREGISTERED_DEVICES_RETENTION_DAYS: '30',
  BROKER_UDP_PORT: '0',
  EVENT_FEED_ENABLED: 'true',
};
/** The devices are counted every ten seconds. */
const COUNTED_WITHIN_MS = 20_000;

let database: TestDatabase;
let gateway: Gateway;
let udp: UdpDevice;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query(
    `insert into tbl_iot_unregistered_devices (imei, last_seen) select 'seen ' || days, now() - make_interval(days => days) from unnest('{29,31}'::int[]) days`,
  );
  await database.query(`insert into tbl_iot_event_sequences values ('seen 29', 7), ('seen 31', 7)`);
  gateway = await Gateway.start(database.url, ENV);
  const [, port] = await gateway.process.waitForLine(/Devices send by UDP to port (\d+)/);
  udp = await UdpDevice.open(Number(port));
  await becomes(1, 'tbl_iot_unregistered_devices');
  expect(await database.query('select imei from tbl_iot_event_sequences')).toEqual([{ imei: 'seen 29' }]);
  await database.query('truncate tbl_iot_unregistered_devices');
  await database.query('delete from tbl_iot_event_sequences');
  await waitFor(async () => (await metric()) === 0, { what: 'the devices to be counted', timeoutMs: COUNTED_WITHIN_MS });
}, 60_000);

afterAll(async () => {
  udp.close();
  await gateway.stop();
  await database.drop();
});

function stranger(number: number): string {
  return String(860_000_000_000_000 + number);
}

async function metric(): Promise<number> {
  const response = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': 'a key for tests' } });
  return Number(/^iot_broker_unregistered_devices (\d+)$/m.exec(await response.text())?.[1]);
}

async function isAccepted(imei: string, to = gateway): Promise<boolean> {
  try {
    const device = await FakeDevice.logIn(to.devicePort, imei);
    expect(await device.exchange(recordsFrame([{ speed: 1 }]))).toBe(1);
    device.close();
    return true;
  } catch (error) {
    expect(String(error)).toContain('login was answered with 0');
    return false;
  }
}

async function count(table: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return row?.count ?? 0;
}

async function becomes(expected: number, table: string): Promise<void> {
  await waitFor(async () => (await count(table)) === expected, { what: `${expected} rows in ${table}`, timeoutMs: 20_000 });
}

describe('devices that are not registered', () => {
  it('are admitted up to the limit, together, by logins and by UDP', async () => {
    const logins = await Promise.all([0, 1, 2].map((number) => isAccepted(stranger(number))));
    expect(logins).toEqual([true, true, true]);
    expect(await udp.exchange(recordsPacket(stranger(3), [{ speed: 1 }]))).toHaveLength(1);
    const flood = await Promise.all(Array.from({ length: 20 }, (_, number) => isAccepted(stranger(100 + number))));
    expect(flood.filter((accepted) => accepted)).toHaveLength(1);
    for (let number = 200; number < 220; number++) {
      udp.send(recordsPacket(stranger(number), [{ speed: 1 }]));
    }
    await waitFor(async () => (await gateway.client.stats()).refusedLogins?.limit === 39, {
      what: 'every further device to be refused',
    });
    expect(udp.answers).toHaveLength(1);
    expect(await count('tbl_iot_unregistered_devices')).toBe(LIMIT);
    await becomes(LIMIT, 'tbl_iot_telemetry_latest');
    expect(await count('tbl_iot_event_sequences')).toBeLessThanOrEqual(LIMIT);
    expect(await metric()).toBe(LIMIT);
  }, 60_000);

  it('come back when they were admitted before', async () => {
    expect(await isAccepted(stranger(1))).toBe(true);
    expect(await udp.exchange(recordsPacket(stranger(3), [{ speed: 2 }]))).toHaveLength(2);
  });

  it('are refused by another instance too, which counts the same devices', async () => {
    const other = await Gateway.start(database.url, ENV);
    try {
      expect(await isAccepted(stranger(300), other)).toBe(false);
      expect(await isAccepted(stranger(1), other)).toBe(true);
    } finally {
      await other.stop();
    }
  });

  it('are listed when they were refused, and admitted once they are registered', async () => {
    const refused = stranger(300);
    const listed = async (): Promise<boolean> => {
      const devices = await gateway.client.registeredDevices.unknown({ limit: 1000 }).all();
      return devices.some(({ imei }) => imei === refused);
    };
    await waitFor(listed, { what: 'the refused device in the list of unknown ones' });
    expect(await isAccepted(refused)).toBe(false);
    await gateway.client.registeredDevices.register(refused);
    expect(await isAccepted(refused)).toBe(true);
  });

  it('make room when they are registered', async () => {
    await gateway.client.registeredDevices.register(stranger(1));
    await waitFor(async () => (await metric()) === LIMIT - 1, { what: 'a new count', timeoutMs: COUNTED_WITHIN_MS });
    expect(await isAccepted(stranger(400))).toBe(true);
    expect(await isAccepted(stranger(401))).toBe(false);
    expect(await isAccepted(stranger(1))).toBe(true);
  });
});
