import { setTimeout as delay } from 'node:timers/promises';
import { type Command } from '../../client/src/index.js';
import { commandBecomes, postCommand } from '../support/command-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, login, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
/** The shortest there is: tests wait for it. */
const DEAD_AFTER_SECONDS = 4;
const SETTINGS = { INSTANCE_DEAD_AFTER_SECONDS: String(DEAD_AFTER_SECONDS), IOT_COMMAND_TIMEOUT: '30' };
const NOTICED_WITHIN_MS = 30_000;

interface DeviceBody {
  device: { imei: string; instance: string; instanceId: string; epoch: number; records: number | null; remotePort: number };
}

interface StatsBody {
  authenticatedDevices: number;
  instances: { instance: string; instanceId: string; devices: number; stats: { transport: { logins: number } } | null }[];
}

interface SessionRow {
  imei: string;
  instance_id: string;
  epoch: number;
}

let database: TestDatabase;
let serial = 0;

function newImei(): string {
  return String(357_000_000_000_000 + serial++);
}

async function sessions(imei: string): Promise<SessionRow[]> {
  return database.query<SessionRow>(
    'select imei, instance_id, epoch::float8 as epoch from tbl_iot_device_sessions where imei = $1',
    [imei],
  );
}

/** Every living instance has sent a heartbeat after the start of the youngest. */
async function haveSeenEachOther(): Promise<boolean> {
  const [row] = await database.query<{ seen: boolean }>(
    `select count(*) > 1 and min(heartbeat_at) > max(started_at) as seen from tbl_iot_instances where heartbeat_at >= now() - dead_after`,
  );
  return row?.seen === true;
}

async function order(gateway: Gateway, imei: string, command: string): Promise<string> {
  return postCommand(gateway, imei, command);
}

function completed(gateway: Gateway, id: string): Promise<Command> {
  return commandBecomes(gateway, id, { status: 'COMPLETED' }, NOTICED_WITHIN_MS);
}

describe('two instances on one database', () => {
  let a: Gateway;
  let b: Gateway;

  beforeAll(async () => {
    database = await createTestDatabase();
    [a, b] = await Promise.all([Gateway.start(database.url, SETTINGS), Gateway.start(database.url, SETTINGS)]);
  });

  afterAll(async () => {
    await Promise.all([a.kill(), b.kill()]);
    await database.drop();
  });

  it('both know every connected device, and say which of them holds it', async () => {
    const [onA, onB] = [newImei(), newImei()];
    const devices = [await FakeDevice.logIn(a.devicePort, onA), await FakeDevice.logIn(b.devicePort, onB)];
    await devices[0]?.exchange(recordsFrame([{ speed: 1 }]));
    for (const gateway of [a, b]) {
      const connected = await gateway.client.devices.list();
      expect(connected.map(({ imei }) => imei)).toEqual([onA, onB]);
    }
    const [seenByA, seenByB] = await Promise.all([a, b].map(async (gateway) => gateway.get<DeviceBody>(`devices/${onA}`)));
    expect(seenByA?.body.device).toMatchObject({ imei: onA, records: 1 });
    // What only the connection itself knows is not known elsewhere.
    expect(seenByB?.body.device).toEqual({ ...seenByA?.body.device, records: null, lastFrameAt: null });

    const { body: stats } = await b.get<StatsBody>('stats');
    expect(stats.authenticatedDevices).toBe(2);
    expect(stats.instances.map(({ devices: held }) => held)).toEqual([1, 1]);
    expect(stats.instances.find(({ instanceId }) => instanceId === seenByA?.body.device.instanceId)).toBeDefined();
    devices.forEach((device) => device.close());
    await waitFor(async () => (await a.get<{ count: number }>('devices')).body.count === 0, { what: 'the devices to be gone' });
  });

  it('bring a command to the device whichever of them is asked, and a live one nowhere when the device is at none', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(a.devicePort, imei);
    for (const gateway of [b, a, b]) {
      const id = await order(gateway, imei, 'probe');
      expect(await device.command()).toBe('probe');
      device.send(codec12Frame(REPLY, 'done'));
      expect(await completed(gateway, id)).toMatchObject({ response: 'done', attempts: 1 });
    }
    device.close();
    await waitFor(async () => (await sessions(imei)).length === 0, { what: 'the session to be given back' });
    expect(await b.post('command', { imei, command: 'getver' })).toMatchObject({
      status: 404,
      body: { code: 'DEVICE_NOT_CONNECTED' },
    });
  });

  it('close the older connection of a device that has logged in at the other one', async () => {
    const imei = newImei();
    const old = await FakeDevice.logIn(a.devicePort, imei);
    const [before] = await sessions(imei);
    const fresh = await FakeDevice.logIn(b.devicePort, imei);
    await old.closed(NOTICED_WITHIN_MS);
    const [after, ...others] = await sessions(imei);
    expect(others).toEqual([]);
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    expect(after?.instance_id).not.toBe(before?.instance_id);
    expect(await fresh.exchange(recordsFrame([{ speed: 2 }]))).toBe(1);
    fresh.close();
  });

  // A device that comes back by another instance while its old socket still lives: once, a late reply by the old one completed
  // what had been sent by the new one.
  it('change nothing by what an old connection still says, a hundred times in any timing', async () => {
    const round = async (number: number): Promise<void> => {
      const imei = newImei();
      const [from, to] = number % 2 === 0 ? [a, b] : [b, a];
      const old = await FakeDevice.logIn(from.devicePort, imei);
      const id = await order(number % 3 === 0 ? to : from, imei, `probe ${number}`);
      expect(await old.command()).toBe(`probe ${number}`);

      const fresh = await FakeDevice.connect(to.devicePort);
      fresh.send(login(imei));
      await delay(Math.random() * 6);
      old.send(recordsFrame([{ speed: 7 }]));
      expect(await fresh.take(1)).toEqual(Buffer.of(1));
      // From here on the new session is known to every instance.
      await delay(Math.random() * 6);
      old.send(codec12Frame(REPLY, `late words ${number}`));
      old.send(recordsFrame([{ speed: 8 }]));
      await delay(Math.random() * 4);
      old.close();

      // Written again at once, and to the new connection only.
      expect(await fresh.command(NOTICED_WITHIN_MS)).toBe(`probe ${number}`);
      const [session, ...others] = await sessions(imei);
      expect(others).toEqual([]);
      fresh.send(codec12Frame(REPLY, `true words ${number}`));
      expect(await completed(to, id)).toMatchObject({ response: `true words ${number}`, attempts: 2 });
      const second = await order(from, imei, `second ${number}`);
      expect(await fresh.command(NOTICED_WITHIN_MS)).toBe(`second ${number}`);
      fresh.send(codec12Frame(REPLY, `second words ${number}`));
      expect(await completed(from, second)).toMatchObject({ response: `second words ${number}`, attempts: 1 });
      expect(await sessions(imei)).toEqual([session]);
      expect(await fresh.exchange(recordsFrame([{ speed: 9 }]))).toBe(1);
      fresh.close();
    };
    for (let first = 0; first < 100; first += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => round(first + index)));
    }
    const messages = await database.query('select text from tbl_iot_device_messages');
    expect(messages).toEqual([]);
    const speeds = await database.query<{ speed: number; count: number }>(
      `select speed, count(*)::int as count, count(distinct iot_imei)::int as devices from tbl_iot_telemetry_data where speed = 9 group by speed`,
    );
    expect(speeds).toEqual([{ speed: 9, count: 100, devices: 100 }]);
  });

  it('free the sessions of the one that was killed', async () => {
    const imeis = Array.from({ length: 5 }, newImei);
    const devices = await Promise.all(imeis.map((imei) => FakeDevice.logIn(a.devicePort, imei)));
    await a.kill();
    await waitFor(async () => (await b.get<StatsBody>('stats')).body.authenticatedDevices === 0, {
      timeoutMs: NOTICED_WITHIN_MS,
      what: 'the sessions of the dead instance to be freed',
    });
    expect((await b.get<StatsBody>('stats')).body.instances).toHaveLength(1);
    devices.forEach((device) => device.close());
    a = await Gateway.start(database.url, SETTINGS);
  });

  it('release their sessions when they are stopped', async () => {
    const device = await FakeDevice.logIn(a.devicePort, newImei());
    expect(await a.stop()).toMatchObject({ code: 0 });
    expect(device.isClosed).toBe(true);
    const { body } = await b.get<StatsBody>('stats');
    expect([body.authenticatedDevices, body.instances.length]).toEqual([0, 1]);
  });
});

describe('an instance that is cut off from the database', () => {
  let proxy: TcpProxy;
  let cutOff: Gateway;
  let other: Gateway;

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url);
    proxy = await TcpProxy.to(url.hostname, Number(url.port));
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    [cutOff, other] = await Promise.all([Gateway.start(url.href, SETTINGS), Gateway.start(database.url, SETTINGS)]);
  });

  afterAll(async () => {
    await Promise.all([cutOff.kill(), other.kill()]);
    await proxy.close();
    await database.drop();
  });

  it('disconnects its devices before the others free them, sends nothing, and accepts devices again when it is back', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(cutOff.devicePort, imei);
    const id = await order(other, imei, 'probe');
    expect(await device.command()).toBe('probe');

    // It closes its devices because it knew of the other one: its last heartbeat saw it.
    await waitFor(haveSeenEachOther, { timeoutMs: NOTICED_WITHIN_MS, what: 'a heartbeat of each after the start of both' });
    proxy.cut();
    const dropped = cutOff.process.waitForLine(/a message of an old connection is dropped/, NOTICED_WITHIN_MS * 2);
    device.send(codec12Frame(REPLY, 'by the old connection'));
    // It detects this itself: it can not be notified.
    await device.closed(NOTICED_WITHIN_MS);
    expect(await sessions(imei)).toHaveLength(1);
    const moved = await FakeDevice.logIn(other.devicePort, imei);
    expect(await moved.command(NOTICED_WITHIN_MS)).toBe('probe');
    moved.send(codec12Frame(REPLY, 'by the other one'));
    expect(await completed(other, id)).toMatchObject({ response: 'by the other one', attempts: 2 });
    await waitFor(async () => (await other.get<StatsBody>('stats')).body.instances.length === 1, {
      timeoutMs: NOTICED_WITHIN_MS,
      what: 'the other instance to see the death',
    });

    // A login while it is cut off is not answered: no other instance could know of it.
    const waiting = await FakeDevice.connect(cutOff.devicePort);
    waiting.send(login(newImei()));
    proxy.mend();
    expect(await waiting.take(1, NOTICED_WITHIN_MS)).toEqual(Buffer.of(1));
    await waitFor(async () => (await other.get<StatsBody>('stats')).body.instances.length === 2, {
      timeoutMs: NOTICED_WITHIN_MS,
      what: 'both to be there again',
    });
    expect(await sessions(imei)).toHaveLength(1);
    // The other one has owned the device meanwhile: what the old connection brought changes nothing.
    await dropped;
    expect(await completed(other, id)).toMatchObject({ response: 'by the other one', attempts: 2 });
    expect(await database.query('select text from tbl_iot_device_messages where imei = $1', [imei])).toEqual([]);
    moved.close();
    waiting.close();
  });
});
