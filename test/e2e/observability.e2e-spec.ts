import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, login, recordsFrame } from '../support/frames.js';
import { Exposition } from '../support/exposition.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const REFERENCE = fileURLToPath(new URL('../../scripts/generate-reference.mjs', import.meta.url));

const WEBHOOK_SECRET = 'whsec_bm9ib2R5IG1heSBldmVyIHNlZSB0aGlz';
const TRACED = '356307042441013';
const OTHER = '356307042441021';
const TRACED_FROM_THE_START = '356307042441039';
const PATIENCE = { timeoutMs: 30_000 };

let database: TestDatabase;
/** Logs text, and has its metrics on a port of their own. */
let own: Gateway;
let metricsUrl: string;
/** Logs JSON, and has its metrics on the API's port. */
let shared: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  [own, shared] = await Promise.all([
    Gateway.start(database.url, { METRICS_PORT: '0', LOG_LINES_PER_PEER: '3' }),
    Gateway.start(database.url, { LOG_FORMAT: 'json', WEBHOOK_SECRET, LOG_DEVICE: TRACED_FROM_THE_START }),
  ]);
  [, metricsUrl = ''] = await own.process.waitForLine(/Metrics on (\S+\/metrics)/);
});

afterAll(async () => {
  await Promise.all([own?.stop(), shared?.stop()]);
  await database?.drop();
});

async function scrape(): Promise<Exposition> {
  return new Exposition(await (await fetch(metricsUrl)).text());
}

async function request(
  gateway: Gateway,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${gateway.apiUrl}/api/v1/${path}`, {
    method,
    headers: { 'x-api-key': API_KEY, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('/metrics', () => {
  it('requires a key on the port of the API', async () => {
    const url = `${shared.apiUrl}/metrics`;
    expect((await fetch(url)).status).toBe(401);
    const response = await fetch(url, { headers: { 'x-api-key': API_KEY } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(new Exposition(await response.text()).value('iot_broker_connections')).toBe(0);
  });

  it('is on METRICS_PORT only when that is set, without a key, and nothing else is there', async () => {
    expect((await fetch(metricsUrl)).status).toBe(200);
    expect((await fetch(`${own.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).status).toBe(404);
    for (const path of ['/', '/api/v1/stats', '/healthz', '/metrics/x']) {
      expect((await fetch(new URL(path, metricsUrl))).status).toBe(404);
    }
    expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(404);
  });

  it('has the metrics of docs/reference/metrics.md, no more and no fewer, with their types and meanings', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, [REFERENCE, '--check', `--metrics=${metricsUrl}`]);
    expect(stderr).toBe('');
  });

  it('counts HTTP requests by route template, method and status, and everything unknown as one', async () => {
    const before = await scrape();
    await request(own, 'GET', `devices/${OTHER}/messages`);
    await request(own, 'GET', `devices/${TRACED}/messages`);
    await request(own, 'GET', `devices/nonsense/messages`);
    for (const path of ['guess-1', 'guess-2', 'guess-3']) {
      await request(own, 'GET', path);
    }
    const after = await scrape();
    const moved = (labels: Record<string, string>): number =>
      (after.value('iot_broker_http_requests_total', labels) ?? 0) -
      (before.value('iot_broker_http_requests_total', labels) ?? 0);
    const route = '/api/v1/devices/:imei/messages';
    expect(moved({ route, method: 'GET', status: '200' })).toBe(2);
    expect(moved({ route, method: 'GET', status: '400' })).toBe(1);
    expect(moved({ route: 'other', method: 'GET', status: '404' })).toBe(3);
    expect(after.value('iot_broker_http_request_seconds_count', { route, method: 'GET' })).toBe(3);
    expect(after.samples.filter(({ labels }) => labels.route?.includes('guess'))).toEqual([]);
  });

  it('moves with what devices do', async () => {
    const before = await scrape();
    const device = await FakeDevice.logIn(own.devicePort, OTHER);
    const frame = recordsFrame([
      { speed: 1, timestampMs: Date.now() },
      { speed: 2, timestampMs: Date.now() },
    ]);
    expect(await device.exchange(frame)).toBe(2);
    expect(await device.exchange(frame)).toBe(2);
    device.send(codec12Frame(6, 'words unasked'));
    const after = await waitFor(async () => {
      const now = await scrape();
      return (
        now.value('iot_broker_reply_matching_seconds_count') === 1 &&
        now.value('iot_broker_sessions', { holder: 'own' }) === 1 &&
        now
      );
    }, PATIENCE);
    const moved = (name: string, labels?: Record<string, string>): number =>
      (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
    expect(moved('iot_broker_logins_total', { result: 'accepted' })).toBe(1);
    expect(moved('iot_broker_connections')).toBe(1);
    expect(moved('iot_broker_devices_connected')).toBe(1);
    expect(moved('iot_broker_frames_total', { codec: '8E' })).toBe(2);
    expect(moved('iot_broker_frames_total', { codec: '12' })).toBe(1);
    expect(moved('iot_broker_records_total', { codec: '8E' })).toBe(4);
    expect(moved('iot_broker_records_stored_total')).toBe(2);
    expect(moved('iot_broker_duplicate_records_total')).toBe(2);
    expect(moved('iot_broker_acknowledgement_seconds_count')).toBe(2);
    expect(moved('iot_broker_acknowledgement_seconds_sum')).toBeGreaterThan(0);
    expect(moved('iot_broker_acknowledgement_seconds_bucket', { le: '+Inf' })).toBe(2);
    expect(moved('iot_broker_batch_records_sum')).toBe(4);
    expect(moved('iot_broker_batch_seconds_count')).toBe(2);
    expect(moved('iot_broker_messages_total')).toBe(1);
    expect(after.value('iot_broker_database_up')).toBe(1);
    expect(after.value('iot_broker_instance_member')).toBe(1);
    expect(after.value('iot_broker_instance_heartbeat_age_seconds')).toBeLessThan(60);
    expect(after.value('iot_broker_database_pool_connections')).toBeGreaterThan(0);
    device.close();
    await waitFor(async () => (await scrape()).value('iot_broker_disconnects_total', { reason: 'peer' }), PATIENCE);
  });

  it('counts commands by their end, and those that are open', async () => {
    const [cancelled, open] = await Promise.all(
      ['getver', 'getinfo'].map((command) =>
        own.post<{ commandLogId: string }>('command', { imei: TRACED, command, mode: 'queue' }),
      ),
    );
    expect(open?.status).toBe(202);
    await own.post(`commands/${cancelled?.body.commandLogId}/cancel`, {});
    const after = await waitFor(async () => {
      const now = await scrape();
      return now.value('iot_broker_commands_open', { state: 'waiting' }) === 1 && now;
    }, PATIENCE);
    expect(after.value('iot_broker_commands_ended_total', { status: 'FAILED', reason: 'cancelled' })).toBe(1);
    expect(after.value('iot_broker_commands_accepted_total')).toBe(2);
    await own.post(`commands/${open?.body.commandLogId}/cancel`, {});
  });

  it('counts the events that wait for the host', async () => {
    const scraped = await scrape();
    const names = ['iot_broker_webhook_backlog', 'iot_broker_webhook_oldest_age_seconds', 'iot_broker_webhook_dead_events'];
    expect(names.map((name) => scraped.value(name))).toEqual([0, 0, 0]);
  });

  it('counts what is rejected, and limits how often one peer is complained about', async () => {
    for (let index = 0; index < 12; index++) {
      const device = await FakeDevice.connect(own.devicePort);
      device.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await device.closed();
      device.close();
    }
    const metrics = await scrape();
    expect(metrics.value('iot_broker_rejected_frames_total', { code: 'BAD_LOGIN' })).toBe(12);
    expect(metrics.value('iot_broker_log_lines_left_out_total')).toBe(9);
    expect(own.process.lines.filter((line) => line.includes('BAD_LOGIN'))).toHaveLength(3);
  });
});

/** Bytes of one direction that a gateway has logged about a device. */
function logged(gateway: Gateway, imei: string, direction: 'in' | 'out'): string {
  const pattern = new RegExp(`${imei} ${direction} (\\d+) bytes: ([0-9a-f]+)`);
  return gateway.process.lines
    .map((line) => pattern.exec(line))
    .map((match) => {
      expect(match === null || Number(match[1]) === (match[2]?.length ?? 0) / 2).toBe(true);
      return match?.[2] ?? '';
    })
    .join('');
}

describe('the trace of a device', () => {
  it('switched on at another instance, shows exactly its bytes and those of no other device', async () => {
    const { status, body } = await request(own, 'PUT', `log/devices/${TRACED}`, {});
    expect([status, body]).toMatchObject([200, { success: true, trace: { imei: TRACED, traced: true } }]);
    await waitFor(
      async () => ((await request(shared, 'GET', `log/devices/${TRACED}`)).body as { trace: { traced: boolean } }).trace.traced,
      PATIENCE,
    );

    const other = await FakeDevice.logIn(shared.devicePort, OTHER);
    const device = await FakeDevice.logIn(shared.devicePort, TRACED);
    const frame = recordsFrame([{ speed: 3 }]);
    expect(await other.exchange(recordsFrame([{ speed: 4 }]))).toBe(1);
    expect(await device.exchange(frame)).toBe(1);
    const sent = Buffer.concat([login(TRACED), frame]).toString('hex');
    await waitFor(() => logged(shared, TRACED, 'out') === '0100000001', { ...PATIENCE, what: 'what the device got' });
    expect(logged(shared, TRACED, 'in')).toBe(sent);
    expect(logged(shared, OTHER, 'in') + logged(shared, OTHER, 'out')).toBe('');
    const line = shared.process.lines.find((text) => text.includes(`${TRACED} in `)) ?? '';
    expect(JSON.parse(line)).toMatchObject({ context: 'DeviceTrace', imei: TRACED, direction: 'in', remoteAddress: '127.0.0.1' });

    expect((await request(shared, 'DELETE', `log/devices/${TRACED}`)).body).toMatchObject({ trace: { traced: false } });
    await waitFor(
      async () => !((await request(own, 'GET', `log/devices/${TRACED}`)).body as { trace: { traced: boolean } }).trace.traced,
      PATIENCE,
    );
    const { entries } = (await request(own, 'GET', `audit?imei=${TRACED}`)).body as { entries: { action: string }[] };
    const actions = entries.map(({ action }) => action).filter((action) => action.startsWith('device.'));
    expect(actions).toEqual(['device.untraced', 'device.traced']);
    device.close();
    other.close();
  });

  it('ends by itself', async () => {
    const device = await FakeDevice.logIn(own.devicePort, TRACED);
    await request(own, 'PUT', `log/devices/${TRACED}`, { ttlSeconds: 1 });
    await own.process.waitForLine(new RegExp(`Bytes of ${TRACED} are logged until`));
    await waitFor(async () => (await request(own, 'GET', 'log/devices')).body, PATIENCE);
    await waitFor(async () => ((await request(own, 'GET', 'log/devices')).body as { count: number }).count === 0, PATIENCE);
    const frame = recordsFrame([{ speed: 5 }]);
    expect(await device.exchange(frame)).toBe(1);
    // What is logged comes in order: by the time this line is here, a line about the frame would be.
    await request(own, 'PUT', `log/devices/${OTHER}`, {});
    await own.process.waitForLine(new RegExp(`Bytes of ${OTHER} are logged until`));
    expect(logged(own, TRACED, 'in')).not.toContain(frame.toString('hex'));
    await request(own, 'DELETE', `log/devices/${OTHER}`);
    device.close();
  });

  it('of LOG_DEVICE is there from the start, without an end, and shows commands as they are written', async () => {
    const imei = TRACED_FROM_THE_START;
    expect((await request(shared, 'GET', `log/devices/${imei}`)).body).toMatchObject({ trace: { traced: true, until: null } });
    const device = await FakeDevice.logIn(shared.devicePort, imei);
    await shared.post('command', { imei, command: 'getver' });
    expect(await device.command()).toBe('getver');
    await waitFor(() => logged(shared, imei, 'out') === `01${codec12Frame(5, 'getver').toString('hex')}`, PATIENCE);
    expect(logged(shared, imei, 'in')).toBe(login(imei).toString('hex'));
    device.close();
  });

  it.each([{ ttlSeconds: 0 }, { ttlSeconds: 86_401 }, { ttlSeconds: 'soon' }, { forever: true }])('refuses %j', async (body) => {
    expect((await request(own, 'PUT', `log/devices/${TRACED}`, body)).status).toBe(400);
    expect((await request(own, 'PUT', 'log/devices/35', {})).status).toBe(400);
  });
});

describe('the log', () => {
  it('in JSON is one object a line, with level, time, context and message, and whose connection it is about', async () => {
    const device = await FakeDevice.connect(shared.devicePort);
    device.send(Buffer.from('\u001b[2J\nnot a login'));
    await device.closed();
    device.close();
    await shared.process.waitForLine(/BAD_LOGIN/);
    const events = shared.process.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const event of events) {
      expect(event).toMatchObject({
        level: expect.any(String) as string,
        context: expect.any(String) as string,
        message: expect.any(String) as string,
      });
      expect(new Date(event.time as string).toISOString()).toBe(event.time);
    }
    const complaint = events.find(({ message }) => String(message).includes('BAD_LOGIN'));
    expect(complaint).toMatchObject({
      level: 'warn',
      remoteAddress: '127.0.0.1',
      connectionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('has neither keys nor secrets in it', () => {
    for (const gateway of [own, shared]) {
      const log = gateway.process.lines.join('\n');
      expect(log.length).toBeGreaterThan(100);
      expect(log).not.toContain(API_KEY);
      expect(log).not.toContain(WEBHOOK_SECRET);
    }
  });
});
