import { endOfCommand, postCommand } from '../support/command-client.js';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, login, recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const IMEI = '863000000000001';
const UNAVAILABLE = { status: 503, body: { success: false, code: 'DATABASE_UNAVAILABLE' } };
/** The shortest there is; the fence closes after three quarters of it. */
const FAST = { INSTANCE_DEAD_AFTER_SECONDS: '4' };
/** The fence, after three quarters of it, comes later than the time-out of a statement. */
const DEAD_AFTER_SECONDS = 12;

let database: TestDatabase;

/** As a primary that is demoted, or made read-only: for sessions that are open, and for new ones. */
async function setReadOnly(isReadOnly: boolean): Promise<void> {
  const [{ name }] = (await database.query<{ name: string }>('select current_database() as name')) as [{ name: string }];
  await database.query(`set default_transaction_read_only = off`);
  const setting = isReadOnly ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only';
  await database.query(`begin read write; alter database ${name} ${setting}; commit`);
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

async function readiness(gateway: Gateway): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${gateway.apiUrl}/readyz`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function metric(gateway: Gateway, name: string): Promise<number | null> {
  const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await scrape.text()).value(name);
}

async function sessions(): Promise<{ imei: string; epoch: string }[]> {
  return database.query('select imei, epoch::text as epoch from tbl_iot_device_sessions order by imei');
}

/** Lines of level WARN and above. */
function complaints(lines: readonly string[]): string[] {
  return lines.filter((line) => /\b(WARN|ERROR|FATAL)\b/.test(line) || /^\s+at /.test(line));
}

function ready(gateway: Gateway): Promise<unknown> {
  return waitFor(async () => (await readiness(gateway)).status === 200, { timeoutMs: 30_000, what: 'the gateway to be ready' });
}

function notMember(gateway: Gateway): Promise<unknown> {
  return waitFor(async () => (await metric(gateway, 'iot_broker_instance_member')) === 0, {
    timeoutMs: 30_000,
    what: 'the fence',
  });
}

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await database.drop();
});

describe('a database that becomes read-only', () => {
  it('counts as unavailable: nothing is lost, acknowledged or reported twice, and work resumes when it is writable', async () => {
    const gateway = await Gateway.start(database.url, FAST);
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    const id = await postCommand(gateway, IMEI, 'getio');
    expect(await device.command()).toBe('getio');
    const before = await sessions();
    const linesBefore = gateway.process.lines.length;
    await setReadOnly(true);
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    device.send(recordsFrame([{ speed: 1 }, { speed: 2 }]));
    const late = await FakeDevice.connect(gateway.devicePort);
    late.send(login('863000000000002'));

    expect(await gateway.post('command', { imei: IMEI, command: 'getver' })).toMatchObject(UNAVAILABLE);
    expect(await gateway.post('keys', { name: 'a', scopes: ['read'] })).toMatchObject(UNAVAILABLE);
    expect(await gateway.post('registered-devices', { devices: [{ imei: '863000000000009' }] })).toMatchObject(UNAVAILABLE);
    expect(await readiness(gateway)).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY', error: 'Not ready: database: read-only' },
    });
    expect(await metric(gateway, 'iot_broker_database_up')).toBe(0);
    expect(await metric(gateway, 'iot_broker_database_read_only')).toBe(1);
    await notMember(gateway);
    // Long enough for the fence, and for every loop to have failed several times.
    expect([device.isClosed, device.pendingBytes, late.isClosed, late.pendingBytes]).toEqual([false, 0, false, 0]);
    const during = complaints(gateway.process.lines.slice(linesBefore));
    expect(during.map((line) => /read-only|Suspended/.exec(line)?.[0] ?? line)).toEqual(['read-only', 'Suspended']);

    await setReadOnly(false);
    expect(await late.take(1, 30_000)).toEqual(Buffer.of(1));
    expect(await device.acknowledgement(30_000)).toBe(2);
    await ready(gateway);
    expect((await sessions())[0]).toEqual(before[0]);
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', response: 'DI1:1 DI2:0', attempts: 1 });
    expect(await metric(gateway, 'iot_broker_database_up')).toBe(1);
    expect(gateway.process.lines.filter((line) => line.includes('available again'))).toHaveLength(1);
    await gateway.stop();
  });

  it('lets a gateway start that has nothing to migrate, which is ready once it is writable', async () => {
    await setReadOnly(true);
    const gateway = await Gateway.start(database.url, FAST);
    await waitFor(async () => (await readiness(gateway)).status === 503, { what: 'the gateway not to be ready' });
    expect((await fetch(`${gateway.apiUrl}/healthz`)).status).toBe(200);
    await waitFor(() => complaints(gateway.process.lines).length > 0, { what: 'a line' });
    expect(complaints(gateway.process.lines).map((line) => line.includes('The database is read-only'))).toEqual([true]);
    await setReadOnly(false);
    await ready(gateway);
    (await FakeDevice.logIn(gateway.devicePort, IMEI)).close();
    await gateway.stop();
  });

  it('makes a start with migrations wait, with one line', async () => {
    await database.drop();
    database = await createTestDatabase({ migrated: false });
    await setReadOnly(true);
    const process = startGatewayProcess({
      cwd: await makeOpenFolder(),
      env: { DATABASE_URL: database.url, IOT_API_KEY: API_KEY, BROKER_PORT: '0', API_PORT: '0' },
    });
    await process.waitForLine(/read-only and needs migrations/);
    await setReadOnly(false);
    await process.waitForLine(/Devices connect to port/);
    expect(complaints(process.lines).filter((line) => line.includes('read-only'))).toHaveLength(1);
    await process.kill('SIGTERM');
  });
});

describe('an outage that outlasts the heartbeat', () => {
  let proxy: TcpProxy;
  let gateway: Gateway;

  beforeEach(async () => {
    const url = new URL(database.url);
    proxy = await TcpProxy.to('127.0.0.1', Number(url.port));
    url.port = String(proxy.port);
    gateway = await Gateway.start(url.href, { INSTANCE_DEAD_AFTER_SECONDS: String(DEAD_AFTER_SECONDS) });
  });

  afterEach(async () => {
    await gateway.kill();
    await proxy.close();
  });

  const overdue = 'select from tbl_iot_instances where heartbeat_at < now() - dead_after';

  it('leaves the devices of an only instance connected, with the same sessions, and acknowledges afterwards', async () => {
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    const before = await sessions();
    proxy.cut();
    device.send(recordsFrame([{ speed: 1 }]));
    await waitFor(async () => (await database.query(overdue)).length === 1, {
      timeoutMs: 40_000,
      what: 'the heartbeat to be overdue',
    });
    await notMember(gateway);
    expect([device.isClosed, device.pendingBytes]).toEqual([false, 0]);
    proxy.mend();
    proxy.reset();
    expect(await device.acknowledgement(30_000)).toBe(1);
    await ready(gateway);
    expect(await sessions()).toEqual(before);
    // It acts for the device again, on the same connection.
    await waitFor(async () => (await gateway.post('command', { imei: IMEI, command: 'getver' })).status === 200, {
      what: 'a command',
    });
    expect(await device.command()).toBe('getver');
    // A statement times out a moment before the fence or, on a busy machine, after it.
    const reported = complaints(gateway.process.lines).map(
      (line) => /The database is not available|Suspended/.exec(line)?.[0] ?? line,
    );
    expect(reported.sort()).toEqual(['Suspended', 'The database is not available']);
    device.close();
  });

  it('closes the devices of an instance that knew another one', async () => {
    const other = await Gateway.start(database.url, FAST);
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    await waitFor(async () => (await metric(gateway, 'iot_broker_instances')) === 2, {
      timeoutMs: 20_000,
      what: 'two instances',
    });
    const { heartbeat } = (
      await database.query<{ heartbeat: string }>(
        'select max(heartbeat_at)::text as heartbeat from tbl_iot_instances where dead_after = make_interval(secs => $1)',
        [DEAD_AFTER_SECONDS],
      )
    )[0]!;
    // Its next heartbeat knows the other one.
    await waitFor(
      async () =>
        (
          await database.query(
            'select from tbl_iot_instances where dead_after = make_interval(secs => $1) and heartbeat_at > $2',
            [DEAD_AFTER_SECONDS, heartbeat],
          )
        ).length === 1,
      { timeoutMs: 20_000, what: 'a heartbeat' },
    );
    proxy.cut();
    await device.closed(40_000);
    await waitFor(async () => (await sessions()).length === 0, { timeoutMs: 20_000, what: 'the session to be freed' });
    await other.kill();
  });
});

describe('records that the database refuses for a fault of our own', () => {
  it('make the gateway not ready after 30 s, are reported once, and are stored when the fault is gone', async () => {
    const gateway = await Gateway.start(database.url);
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    await database.query('alter table tbl_iot_telemetry_data rename column speed to velocity');
    const linesBefore = gateway.process.lines.length;
    device.send(recordsFrame([{ speed: 1 }]));
    await waitFor(async () => ((await metric(gateway, 'iot_broker_telemetry_failing_seconds')) ?? 0) > 1, { what: 'failures' });
    expect((await readiness(gateway)).status).toBe(200);
    const { body } = await waitFor(
      async () => {
        const answer = await readiness(gateway);
        return answer.status === 503 && answer;
      },
      { timeoutMs: 45_000, what: 'the gateway not to be ready' },
    );
    expect(body).toMatchObject({
      code: 'NOT_READY',
      error: expect.stringMatching(/telemetry: no batch.* SQLSTATE 42703/) as string,
    });
    expect(await metric(gateway, 'iot_broker_telemetry_failing_seconds')).toBeGreaterThan(30);
    expect(await metric(gateway, 'iot_broker_database_up')).toBe(1);
    const reported = gateway.process.lines.slice(linesBefore).filter((line) => line.includes("can't be stored (SQLSTATE 42703)"));
    expect(reported).toHaveLength(1);
    expect([device.isClosed, device.pendingBytes]).toEqual([false, 0]);
    await database.query('alter table tbl_iot_telemetry_data rename column velocity to speed');
    expect(await device.acknowledgement(30_000)).toBe(1);
    await ready(gateway);
    expect(await metric(gateway, 'iot_broker_telemetry_failing_seconds')).toBe(0);
    await gateway.stop();
  }, 90_000);
});
