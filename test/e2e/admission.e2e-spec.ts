import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { login, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { tryLogin } from '../support/logins.js';
import { waitFor } from '../support/wait-for.js';

const BEHIND_BALANCER = { BROKER_PROXY_PROTOCOL: 'on', BROKER_PROXY_TRUSTED: '127.0.0.0/8' };
const PINNED_TO = '198.51.100.0/24';
const [INSIDE, OUTSIDE] = ['198.51.100.7', '198.51.101.7'];
const NOTICED_WITHIN_MS = 30_000;
/** So few that the table is counted after every write: a larger bound may be exceeded by a hundredth of it. */
const MAX_UNKNOWN_DEVICES = 100;
const INVENTED_DEVICES = 2_000;

interface DevicesBody {
  count: number;
  devices: { imei: string; attempts: number; lastAddress: string; status: string }[];
  nextCursor: string | null;
}

let database: TestDatabase;
let serial = 0;

function newImei(): string {
  return String(358_000_000_000_000 + serial++);
}

async function accepted(gateway: Gateway, imei: string, address?: string): Promise<boolean> {
  const attempt = await tryLogin(gateway.devicePort, imei, address);
  attempt.device.close();
  return attempt.accepted;
}

async function refusals(gateway: Gateway): Promise<Record<string, number>> {
  return (await gateway.client.stats()).refusedLogins ?? {};
}

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

describe('two open gateways', () => {
  let a: Gateway;
  let b: Gateway;

  beforeAll(async () => {
    [a, b] = await Promise.all([Gateway.start(database.url), Gateway.start(database.url)]);
  });

  afterAll(async () => {
    await Promise.all([a.kill(), b.kill()]);
  });

  it('close the connection of a device that is banned at the other one, refuse it from then on, and take it again after the ban', async () => {
    const imei = newImei();
    const { device } = await tryLogin(b.devicePort, imei);
    expect(await device.exchange(recordsFrame([{ speed: 1 }]))).toBe(1);
    const bystander = await tryLogin(b.devicePort, newImei());

    expect(await a.post(`registered-devices/${imei}/ban`, { reason: 'stolen' })).toMatchObject({
      status: 200,
      body: { device: { imei, status: 'banned', banReason: 'stolen' } },
    });
    await device.closed(NOTICED_WITHIN_MS);
    expect(await accepted(a, imei)).toBe(false);
    expect(await accepted(b, imei)).toBe(false);
    expect(await refusals(b)).toMatchObject({ banned: 1, unknown: 0, address: 0 });
    expect(await bystander.device.exchange(recordsFrame([{ speed: 2 }]))).toBe(1);
    bystander.device.close();

    expect((await b.post(`registered-devices/${imei}/unban`, {})).body).toMatchObject({ device: { status: 'registered' } });
    expect(await accepted(a, imei)).toBe(true);
    const { entries } = (await a.get<{ entries: object[] }>(`audit?imei=${imei}`)).body;
    expect(entries).toMatchObject([
      { action: 'device.unbanned', imei },
      { action: 'device.banned', imei, details: { reason: 'stolen' } },
    ]);
  });

  // The instance is not notified of a row that was changed by hand, as when a notification is lost.
  it('close the connection of a banned device also when no notification said so', async () => {
    const imei = newImei();
    const { device } = await tryLogin(a.devicePort, imei);
    await database.query(`insert into tbl_iot_devices (imei, status) values ($1, 'banned')`, [imei]);
    await device.closed(NOTICED_WITHIN_MS);
  });

  it('keep a register: put, get, list by pages and status, many at once, remove', async () => {
    const imeis = Array.from({ length: 3 }, newImei);
    expect(await a.get(`registered-devices/${imeis[0]}`)).toMatchObject({ status: 404, body: { code: 'DEVICE_NOT_REGISTERED' } });
    const put = await a.change('PUT', `registered-devices/${imeis[0]}`, { name: 'Van', allowedRanges: [PINNED_TO] });
    expect(put).toMatchObject({ status: 200, body: { device: { name: 'Van', note: null, allowedRanges: [PINNED_TO] } } });
    const devices = imeis.map((imei) => ({ imei }));
    expect((await b.post('registered-devices', { devices })).body).toMatchObject({ count: 3, created: 2 });
    const pages: string[] = [];
    let cursor: string | null = '358000000000000';
    while (cursor !== null) {
      const { body }: { body: DevicesBody } = await a.get(`registered-devices?status=registered&limit=1&cursor=${cursor}`);
      pages.push(...body.devices.map(({ imei }) => imei));
      cursor = body.nextCursor;
    }
    expect(pages).toEqual(expect.arrayContaining(imeis));
    expect(new Set(pages).size).toBe(pages.length);
    expect((await a.get<DevicesBody>('registered-devices?status=banned')).body.devices.map(({ imei }) => imei)).not.toContain(
      imeis[0],
    );
    expect(await a.change('DELETE', `registered-devices/${imeis[1]}`)).toMatchObject({ status: 200, body: { success: true } });
    expect((await a.change('DELETE', `registered-devices/${imeis[1]}`)).status).toBe(404);
  });

  it.each(['PUT', 'POST'])('keep what a %s of the register leaves out, and clear what it sets to null', async (method) => {
    const imei = newImei();
    const other = newImei();
    const register = async (fields: object): Promise<unknown> => {
      const { status } =
        method === 'PUT'
          ? await a.change('PUT', `registered-devices/${imei}`, fields)
          : await a.post('registered-devices', {
              devices: [
                { imei: other, name: 'Other' },
                { imei, ...fields },
              ],
            });
      expect(status).toBe(200);
      return (await b.get<{ device: object }>(`registered-devices/${imei}`)).body.device;
    };
    const pinned = { name: 'Van', note: 'blue', allowedRanges: [PINNED_TO] };
    expect(await register(pinned)).toMatchObject(pinned);
    expect(await register({})).toMatchObject(pinned);
    expect(await register({ name: 'Lorry' })).toMatchObject({ ...pinned, name: 'Lorry' });
    expect(await register({ note: null })).toMatchObject({ ...pinned, name: 'Lorry', note: null });
    expect(await register({ name: null })).toMatchObject({ ...pinned, name: null, note: null });
    expect(await register({ allowedRanges: null })).toMatchObject({ name: null, note: null, allowedRanges: [] });
  });

  it.each([[[]], [[[]]], [[null]], [[5]], [['358000000000000']]])('refuse %j in the place of devices', async (...devices) => {
    const { status, body } = await a.post('registered-devices', { devices });
    expect([status, body]).toMatchObject([400, { error: expect.stringContaining('devices must be objects') as string }]);
  });

  it('refuse a login whose session is missing in the answer of the database, and accept the others', async () => {
    const imei = newImei();
    await database.query(
      `create function skip_session() returns trigger language plpgsql as $$
         begin return case when new.imei = '${imei}' then null else new end; end $$`,
    );
    await database.query(
      `create trigger skip_session before insert on tbl_iot_device_sessions for each row execute function skip_session()`,
    );
    const device = await FakeDevice.connect(a.devicePort);
    const others = [newImei(), newImei()].map((each) => accepted(a, each));
    device.send(login(imei));
    expect(await device.closed()).not.toEqual(Buffer.of(1));
    expect(await Promise.all(others)).toEqual([true, true]);
    expect((await a.get(`devices/${imei}`)).status).toBe(404);
    await a.process.waitForLine(new RegExp(`The login of ${imei} failed: the database stored no session`));
    await database.query('drop trigger skip_session on tbl_iot_device_sessions');
    await waitFor(() => accepted(a, imei), { what: 'the device to be accepted again' });
  });

  it.each([
    [{ devices: [] }],
    [{ devices: [{ imei: '1' }] }],
    [{ devices: [{ imei: '358000000000001' }, { imei: '358000000000001' }] }],
    [{ devices: [{ imei: '358000000000001', allowedRanges: ['10.0.0.1/8'] }] }],
    [{ devices: Array.from({ length: 1_001 }, (_, index) => ({ imei: String(359_000_000_000_000 + index) })) }],
  ])('refuse a wrong list of registrations', async (body) => {
    expect(await a.post('registered-devices', body)).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
  });

  it('register a thousand devices at once', async () => {
    const devices = Array.from({ length: 1_000 }, (_, index) => ({ imei: String(359_000_000_000_000 + index) }));
    expect((await a.post('registered-devices', { devices })).body).toMatchObject({ count: 1_000, created: 1_000 });
  });
});

describe('a gateway for registered devices behind a balancer', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await Gateway.start(database.url, {
      ...BEHIND_BALANCER,
      DEVICE_ADMISSION: 'registered',
      MAX_UNKNOWN_DEVICES: String(MAX_UNKNOWN_DEVICES),
    });
  });

  afterAll(async () => {
    await gateway.kill();
  });

  it('refuses and lists an unknown device, accepts it once it is registered, and disconnects it when it is removed', async () => {
    const imei = newImei();
    expect(await accepted(gateway, imei, OUTSIDE)).toBe(false);
    expect(await accepted(gateway, imei, INSIDE)).toBe(false);
    const unknown = async () => (await gateway.client.registeredDevices.unknown().all()).find((device) => device.imei === imei);
    expect(await waitFor(unknown, { what: 'the device to be listed' })).toMatchObject({ attempts: 2, lastAddress: INSIDE });

    await gateway.client.registeredDevices.register(imei);
    expect(await unknown()).toBeUndefined();
    const { device } = await tryLogin(gateway.devicePort, imei, OUTSIDE);
    expect(await device.exchange(recordsFrame([{ speed: 1 }]))).toBe(1);

    await gateway.client.registeredDevices.remove(imei);
    await device.closed(NOTICED_WITHIN_MS);
    expect(await accepted(gateway, imei, OUTSIDE)).toBe(false);
  });

  it('accepts a pinned device from its ranges only, and disconnects one that is pinned to others', async () => {
    const imei = newImei();
    await gateway.client.registeredDevices.register(imei, { allowedRanges: ['2001:db8::/32', PINNED_TO] });
    const before = (await refusals(gateway)).address ?? 0;
    const { accepted: inside, device } = await tryLogin(gateway.devicePort, imei, INSIDE);
    expect(inside).toBe(true);
    expect(await accepted(gateway, imei, OUTSIDE)).toBe(false);
    expect(await refusals(gateway)).toMatchObject({ address: before + 1 });
    // Who was refused need not be the device.
    expect(await device.exchange(recordsFrame([{ speed: 1 }]))).toBe(1);
    await gateway.client.registeredDevices.register(imei, { allowedRanges: ['203.0.113.0/24'] });
    await device.closed(NOTICED_WITHIN_MS);
  });

  it('remembers a bounded number of the devices that an attacker invents, and still takes good ones', async () => {
    const good = newImei();
    await gateway.client.registeredDevices.register(good);
    const before = (await refusals(gateway)).unknown ?? 0;
    let next = 0;
    const attack = async (): Promise<void> => {
      while (next < INVENTED_DEVICES) {
        expect(await accepted(gateway, String(860_000_000_000_000 + next++), OUTSIDE)).toBe(false);
      }
    };
    await Promise.all(Array.from({ length: 100 }, attack));
    expect(await accepted(gateway, good, OUTSIDE)).toBe(true);
    expect(await refusals(gateway)).toMatchObject({ unknown: before + INVENTED_DEVICES });
    const count = async () =>
      (await database.query<{ count: number }>('select count(*)::int as count from tbl_iot_unknown_devices'))[0]?.count ?? 0;
    await waitFor(async () => (await count()) === MAX_UNKNOWN_DEVICES, {
      what: 'the unknown devices to be trimmed',
      timeoutMs: 30_000,
    });
    const [log] = await database.query<{ count: number }>(
      `select count(*)::int as count from tbl_iot_device_log where imei like '86%'`,
    );
    expect(log?.count).toBe(0);
  });
});
