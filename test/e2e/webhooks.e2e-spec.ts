import { Webhook } from 'standardwebhooks';
import { verify } from '../../client/src/webhooks.js';
import { type CommandOptions, postCommand } from '../support/command-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame, type TestRecord } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NEXT_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const PATIENCE = { timeoutMs: 30_000 };

let database: TestDatabase;
let gateway: Gateway;
let receiver: WebhookReceiver;
let serial = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await WebhookReceiver.start();
  gateway = await Gateway.start(database.url, {
    NOTIFICATION_URL: `${receiver.url}/base/`,
    TELEMETRY_WEBHOOK_ENABLED: 'true',
    WEBHOOK_EVENTS: 'command.completed,command.failed,device.message',
    WEBHOOK_SECRET: `${SECRET},${NEXT_SECRET}`,
    WEBHOOK_RETRY_SCHEDULE: '0,100ms,100ms,100ms',
    WEBHOOK_TIMEOUT_SECONDS: '2',
    IOT_COMMAND_TIMEOUT: '1',
    DEFAULT_MAX_IOT_COMMAND_RETRY: '0',
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
  await database.drop();
});

beforeEach(() => {
  receiver.reply = () => 200;
  receiver.received.length = 0;
});

function newImei(): string {
  return String(357_000_000_000_000 + serial++);
}

function order(imei: string, command: string, extra: CommandOptions = {}): Promise<string> {
  return postCommand(gateway, imei, command, extra);
}

/** A command that the device confirms. */
async function complete(device: FakeDevice, imei: string, metadata: CommandOptions['metadata'] = null): Promise<void> {
  await order(imei, 'getio', { metadata });
  expect(await device.command()).toBe('getio');
  device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
}

const ofDevice = (imei: string) => receiver.events.filter((event) => event.imei === imei);

describe('a completed command', () => {
  it('is reported with the path and the fields of the old gateway, signed with both secrets, with its metadata to the last digit', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const metadata = '{"id": 12345678901234567890,  "n":1.0, "2":0,"1":"Žalgiris"}';
    const { status } = await gateway.post('command', `{"imei":"${imei}","command":"getio","metadata":${metadata}}`);
    expect(status).toBe(200);
    await device.command();
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    await waitFor(() => ofDevice(imei).length === 1, { what: 'the webhook', ...PATIENCE });
    const [request] = receiver.received;
    expect(request).toMatchObject({ path: '/base/webhooks/iot/v1/command/confirm', status: 200 });
    expect(request?.headers['content-type']).toBe('application/json');
    expect(request?.body).toMatchObject({
      identified: true,
      imei,
      command: 'getio',
      response: 'DI1:1 DI2:0',
      type: 'command.completed',
      sequence: 1,
    });
    expect(Date.parse(request?.body.occurredAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(request?.text).toContain(`"metadata":${metadata}`);
    expect(request?.id).toBe(request?.body.eventId);
    const headers = request?.headers as Record<string, string>;
    for (const secret of [SECRET, NEXT_SECRET]) {
      expect(new Webhook(secret).verify(request?.text ?? '', headers)).toEqual(request?.body);
      expect(await verify(request?.text ?? '', headers, { secret })).toEqual(request?.body);
    }
    expect(() => new Webhook(SECRET).verify(`${request?.text} `, headers)).toThrow('No matching signature');
    device.close();
  });
});

describe('a device that comes and goes', () => {
  it('is reported as connected and disconnected, where the host has requested it', async () => {
    const own = await createTestDatabase();
    const listening = await Gateway.start(own.url, {
      NOTIFICATION_URL: receiver.url,
      WEBHOOK_EVENTS: 'device.connected,device.disconnected',
    });
    try {
      const imei = newImei();
      const device = await FakeDevice.logIn(listening.devicePort, imei);
      const { connectedAt, remotePort, instance, instanceId, epoch } = (
        await listening.get<{ device: Record<string, unknown> }>(`devices/${imei}`)
      ).body.device;
      const session = { imei, connectedAt, remoteAddress: '127.0.0.1', remotePort, instance, instanceId, epoch };
      device.close();
      await waitFor(() => receiver.received.length === 2, { what: 'both events', ...PATIENCE });
      expect(receiver.received.map(({ path, body }) => [path, body])).toMatchObject([
        ['/webhooks/iot/v1/device/connected', { type: 'device.connected', sequence: 1, ...session }],
        ['/webhooks/iot/v1/device/disconnected', { type: 'device.disconnected', sequence: 2, ...session, reason: 'peer' }],
      ]);
    } finally {
      await listening.stop();
      await own.drop();
    }
  });
});

describe('failed commands', () => {
  it('come together in one request, each with its reason, number and id', async () => {
    const imeis = [newImei(), newImei()];
    const ids: string[] = [];
    for (const imei of imeis) {
      for (const command of ['getver', 'getgps', 'getinfo']) {
        const id = await order(imei, command, { mode: 'queue', metadata: { imei } });
        ids.push(id);
      }
    }
    await Promise.all(ids.map((id) => gateway.client.commands.cancel(id)));
    await waitFor(() => receiver.events.length === 6, { what: 'six failures', ...PATIENCE });
    expect(receiver.accepted.length).toBeLessThan(4);
    const [request] = receiver.accepted;
    expect(request).toMatchObject({ path: '/base/webhooks/iot/v1/command/bulk_failure', body: { type: 'command.failed' } });
    expect(request?.id).toBe(request?.body.eventId);
    for (const imei of imeis) {
      const entries = ofDevice(imei);
      expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      expect(entries[0]).toMatchObject({ imei, metadata: { imei }, reason: 'cancelled', type: 'command.failed' });
      expect(entries.map(({ command_log_id: id }) => id)).toEqual(expect.arrayContaining([expect.any(String)]));
      expect(new Set(entries.map(({ eventId }) => eventId)).size).toBe(3);
    }
  });

  it('go out one by one when their batch was refused, so that one that is to blame holds up no other', async () => {
    const poisoned = newImei();
    const imeis = [newImei(), poisoned, newImei()];
    receiver.reply = ({ text }) => (text.includes(poisoned) ? 422 : 200);
    const ids = await Promise.all(imeis.map((imei) => order(imei, 'getver', { mode: 'queue' })));
    await Promise.all(ids.map((id) => gateway.client.commands.cancel(id)));
    await waitFor(() => receiver.events.length === 2, { what: 'the other two', ...PATIENCE });
    await waitFor(async () => (await gateway.client.webhooks.events({ imei: poisoned, state: 'dead' }).all()).length === 1, {
      what: 'the poisoned one to be given up',
      ...PATIENCE,
    });
    const alone = receiver.received.filter(({ body, id }) => body.entries?.length === 1 && id === body.entries[0]?.eventId);
    expect(alone.length).toBeGreaterThanOrEqual(3);
  });
});

describe('telemetry', () => {
  it('is reported with the newest record by the clock of the device, its values raw and as the columns are called', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const base = Date.now() - 60_000;
    await device.exchange(
      recordsFrame([
        {
          timestampMs: base + 2_000,
          speed: 42,
          latitude: 547010266,
          longitude: 252596700,
          io: [{ id: 66, width: 2, value: 12_345 }],
        },
        { timestampMs: base + 1_000, speed: 41, io: [{ id: 240, width: 1, value: 1 }] },
        { timestampMs: base + 9 * 86_400_000, speed: 99 },
      ]),
    );
    await waitFor(() => ofDevice(imei).length === 1, { what: 'the webhook', ...PATIENCE });
    const [request] = receiver.received;
    expect(request?.path).toBe('/base/webhooks/iot/v1/telemetry');
    expect(request?.body).toMatchObject({
      imei,
      type: 'telemetry',
      sequence: 1,
      recordCount: 3,
      latestTimestamp: new Date(base + 2_000).toISOString(),
      latestGps: { latitude: 54.7010266, longitude: 25.25967, speed: 42 },
      latestAttributes: { external_voltage: 12_345 },
    });
    expect(Object.keys(request?.body.latestAttributes as object)).toEqual(['external_voltage']);
    device.close();
  });

  it.each<[string, TestRecord, Record<string, unknown>]>([
    [
      'a record that never had a fix has no place',
      { satellites: 0 },
      { latitude: null, longitude: null, satellites: 0, fix: false },
    ],
    [
      'one without satellites keeps its last known place',
      { satellites: 0, latitude: 546_872_000, longitude: 252_797_000 },
      { latitude: 54.6872, longitude: 25.2797, fix: false },
    ],
    ['one at 0/0 with satellites is there', { satellites: 5 }, { latitude: 0, longitude: 0, fix: true }],
  ])('says in latestGps whether there is a fix: %s', async (_what, record, expected) => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const io = [{ id: 14, width: 8, value: 500_686_954n }] as const;
    expect(await device.exchange(recordsFrame([{ timestampMs: Date.now(), ...record, io }]))).toBe(1);
    const body = await waitFor(() => ofDevice(imei)[0], { what: 'the webhook', ...PATIENCE });
    expect(body).toMatchObject({
      latestGps: { altitude: 0, angle: 0, speed: 0, ...expected },
      latestAttributes: { iccid2: '0500686954' },
    });
    device.close();
  });

  it('makes no event of records that were there before', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const at = Date.now() - 60_000;
    const first = recordsFrame([{ timestampMs: at, speed: 1 }]);
    await device.exchange(first);
    await device.exchange(first);
    await device.exchange(
      recordsFrame([
        { timestampMs: at, speed: 1 },
        { timestampMs: at + 1, speed: 2 },
      ]),
    );
    await waitFor(() => ofDevice(imei).reduce((sum, { recordCount = 0 }) => sum + recordCount, 0) === 2, {
      what: 'both records',
      ...PATIENCE,
    });
    expect(ofDevice(imei).map(({ sequence }) => sequence)).toEqual(ofDevice(imei).map((_, index) => index + 1));
    device.close();
  });
});

describe('a host that refuses', () => {
  it('is asked again by the schedule, with the same id and the same bytes, and what it never takes is listed and can be replayed', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    receiver.reply = () => ({ status: 500, body: 'x'.repeat(200_000) });
    await complete(device, imei);
    const listed = await waitFor(async () => (await gateway.client.webhooks.events({ imei, state: 'dead' }).all())[0], {
      what: 'the event to be given up',
      ...PATIENCE,
    });
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map(({ id, text }) => `${id} ${text}`)).size).toBe(1);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([listed.eventId]));
    const { attempts } = await gateway.client.webhooks.event(listed.eventId);
    expect(attempts.map(({ status, answer }) => [status, answer])).toEqual(
      Array.from({ length: 4 }, () => [500, 'x'.repeat(1_024)]),
    );

    receiver.reply = () => 204;
    receiver.received.length = 0;
    expect(await gateway.post(`webhooks/events/${listed.eventId}/replay`, {})).toMatchObject({ status: 202 });
    await waitFor(() => ofDevice(imei).length === 1, { what: 'the replay', ...PATIENCE });
    const entries = await gateway.client.audit.list({ action: 'webhook.replayed' }).all();
    expect(entries[0]).toMatchObject({ details: { eventId: listed.eventId } });
    expect(receiver.received[0]?.id).toBe(listed.eventId);
    await waitFor(async () => (await gateway.client.webhooks.event(listed.eventId)).event.state === 'delivered', {
      what: 'the state to change',
      ...PATIENCE,
    });
    device.close();
  });

  it('is not followed when it redirects, and waited for when it asks to be', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const replies = [
      { status: 302, headers: { location: `${receiver.url}/elsewhere` } },
      { status: 429, headers: { 'retry-after': '1' } },
    ];
    receiver.reply = () => replies.shift() ?? 200;
    await complete(device, imei);
    await waitFor(() => ofDevice(imei).length === 1, { what: 'the webhook', ...PATIENCE });
    const [first, second, third] = receiver.received;
    expect([first, second, third].map((request) => request?.path)).toEqual(
      Array.from({ length: 3 }, () => '/base/webhooks/iot/v1/command/confirm'),
    );
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThan(950);
    device.close();
  });

  it('with one event that it refuses receives everything else meanwhile, also of that device after the third refusal', async () => {
    const [poisoned, healthy] = [newImei(), newImei()];
    const devices = await Promise.all([poisoned, healthy].map((imei) => FakeDevice.logIn(gateway.devicePort, imei)));
    receiver.reply = ({ body }) => (body.imei === poisoned && body.sequence === 1 ? 500 : 200);
    await complete(devices[0]!, poisoned);
    await waitFor(() => receiver.received.length > 0, { what: 'the first refusal', ...PATIENCE });
    await complete(devices[0]!, poisoned);
    for (let round = 0; round < 3; round++) {
      await complete(devices[1]!, healthy);
    }
    await waitFor(() => ofDevice(healthy).length === 3 && ofDevice(poisoned).length === 1, { what: 'the others', ...PATIENCE });
    expect(ofDevice(poisoned)[0]?.sequence).toBe(2);
    const before = receiver.received.findIndex(({ body }) => body.imei === poisoned && body.sequence === 2);
    expect(receiver.received.slice(0, before).filter(({ body }) => body.imei === poisoned)).toHaveLength(3);
    devices.forEach((device) => device.close());
  });
});

describe('connections', () => {
  it('are kept for the next event', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await complete(device, imei);
    await waitFor(() => ofDevice(imei).length === 1, { what: 'the first', ...PATIENCE });
    const before = receiver.connections;
    for (let round = 2; round <= 6; round++) {
      await complete(device, imei);
      await waitFor(() => ofDevice(imei).length === round, { what: `number ${round}`, ...PATIENCE });
    }
    expect(receiver.connections - before).toBeLessThan(3);
    device.close();
  });
});

describe('the receiver for people', () => {
  it('prints what arrives, and whether its signature is right', async () => {
    const echo = new NodeProcess({ args: ['scripts/webhook-echo.mjs', '--port', '0', '--secret', SECRET] });
    const [, url] = await echo.waitForLine(/NOTIFICATION_URL=(\S+)/);
    const body = '{"type":"telemetry"}';
    const post = async (secret: string, id: string): Promise<number> => {
      const now = new Date();
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, now, body),
      };
      return (await fetch(`${url}/webhooks/iot/v1/telemetry`, { method: 'POST', headers, body })).status;
    };
    expect(await post(SECRET, 'evt_1')).toBe(204);
    await echo.waitForLine(/evt_1 signature right$/);
    expect(await post(SECRET, 'evt_1')).toBe(204);
    await echo.waitForLine(/evt_1 signature right, again$/);
    expect(await post(NEXT_SECRET, 'evt_2')).toBe(401);
    await echo.waitForLine(/evt_2 WRONG SIGNATURE/);
    await echo.kill();
  });
});

describe('the feed and the status', () => {
  it('give the same events as the webhooks, from behind a cursor', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const start = (await readFeed()).nextCursor;
    await complete(device, imei, { job: 1 });
    await complete(device, imei, { job: 2 });
    await waitFor(() => ofDevice(imei).length === 2, { what: 'the webhooks', ...PATIENCE });
    // Events of the tests before may come first: whatever writes on the same server holds the feed up.
    const page = await waitFor(
      async () => {
        const { body } = await gateway.get<FeedBody>(`events?after=${start}`);
        return body.events.filter((event) => event.body.imei === imei).length === 2 && body;
      },
      { what: 'both in the feed', ...PATIENCE },
    );
    expect(page.events.filter((event) => event.body.imei === imei).map(({ body }) => body)).toEqual(ofDevice(imei));
    const behind = await gateway.get<FeedBody>(`events?after=${page.nextCursor}`);
    expect(behind.body).toMatchObject({ success: true, count: 0, nextCursor: page.nextCursor, hasMore: false });
    expect(await gateway.get('events?after=yesterday')).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    device.close();
  });

  it('say how deliveries stand, and what there is not', async () => {
    await waitFor(async () => (await gateway.client.webhooks.status()).backlog === 0, PATIENCE);
    expect(await gateway.client.webhooks.status()).toMatchObject({
      success: true,
      delivering: true,
      backlog: 0,
      oldestAgeSeconds: null,
      circuit: { state: 'closed', since: null },
    });
    const unknown = 'evt_00000000-0000-4000-8000-000000000000';
    expect(await gateway.get(`webhooks/events/${unknown}`)).toMatchObject({ status: 404, body: { code: 'EVENT_NOT_FOUND' } });
    expect(await gateway.post(`webhooks/events/${unknown}/replay`, {})).toMatchObject({ status: 404 });
    expect(await gateway.get('webhooks/events/7')).toMatchObject({ status: 400 });
    expect(await gateway.get('webhooks/events?state=lost')).toMatchObject({ status: 400 });
  });

  it('replay a range, each event under its own id', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const from = new Date().toISOString();
    for (let round = 1; round <= 3; round++) {
      await complete(device, imei);
      await waitFor(() => ofDevice(imei).length === round, { what: `number ${round}`, ...PATIENCE });
    }
    await waitFor(async () => (await gateway.client.webhooks.events({ imei, state: 'delivered' }).all()).length === 3, {
      what: 'all three to be settled',
      ...PATIENCE,
    });
    const ids = ofDevice(imei).map(({ eventId }) => eventId);
    const answer = await gateway.post('webhooks/replay', { from, type: 'command.completed', state: 'delivered', imei });
    expect(answer).toMatchObject({ status: 202, body: { success: true, replayed: 3, nextCursor: null } });
    await waitFor(() => ofDevice(imei).length === 6, { what: 'all three again', ...PATIENCE });
    expect(ofDevice(imei).map(({ eventId }) => eventId)).toEqual([...ids, ...ids]);
    device.close();
  });

  it('replay dead events only when the fields of a replay are null', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await complete(device, imei);
    const delivered = gateway.client.webhooks.events({ imei, state: 'delivered' });
    await waitFor(async () => (await delivered.all()).length === 1, PATIENCE);
    const nothing = { state: null, type: null, from: null, to: null, cursor: null };
    const answer = await gateway.post('webhooks/replay', { imei, ...nothing });
    expect(answer).toMatchObject({ status: 202, body: { success: true, replayed: 0, nextCursor: null } });
    device.close();
  });
});

interface FeedBody {
  count: number;
  events: { body: { imei: string } }[];
  nextCursor: string;
  hasMore: boolean;
}

/** To its end. */
async function readFeed(): Promise<FeedBody> {
  for (let after = '0_0'; ;) {
    const { body } = await gateway.get<FeedBody>(`events?after=${after}&limit=1000`);
    if (!body.hasMore) {
      return body;
    }
    after = body.nextCursor;
  }
}
