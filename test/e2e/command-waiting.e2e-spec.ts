import { Agent, request as httpRequest } from 'node:http';
import { endOfCommand, postCommand } from '../support/command-client.js';
import { COMMAND_SETTINGS, CommandFixture } from '../support/command-fixture.js';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase } from '../support/test-database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const SWITCHED = 'DOUT1:1 Timeout:10s';
/** The extended protocol ends every statement with it. */
const SYNC = Buffer.from('5300000004', 'hex');

interface Answer {
  readonly status: number;
  /** The header Preference-Applied. */
  readonly applied: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly afterMs: number;
}

let fixture: CommandFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await CommandFixture.start(357_100_000_000_000, {
    COMMAND_MAX_WAITS_PER_KEY: '3',
    API_REQUEST_TIMEOUT_SECONDS: '1',
    API_HEADERS_TIMEOUT_SECONDS: '1',
    IOT_COMMAND_TIMEOUT: '60',
  });
  gateway = fixture.gateway;
});

afterAll(() => fixture.stop());

async function post(
  to: Gateway,
  prefer: string | null,
  body: Readonly<Record<string, unknown>>,
  { signal = null, headers = {} }: { signal?: AbortSignal | null; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const begun = performance.now();
  const response = await fetch(`${to.apiUrl}/api/v1/command`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', ...(prefer === null ? {} : { prefer }), ...headers },
    body: JSON.stringify(body),
    signal,
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return {
    status: response.status,
    applied: response.headers.get('preference-applied'),
    body: answer,
    afterMs: performance.now() - begun,
  };
}

/** Requests of the gateway that wait. */
async function waiting(of: Gateway = gateway): Promise<number | null> {
  const text = await (await fetch(`${of.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text();
  return new Exposition(text).value('iot_broker_requests_waiting');
}

describe('a request with Prefer: wait', () => {
  it('is answered with the reply of the device', async () => {
    const { imei, device } = await fixture.newDevice();
    const answer = post(gateway, 'wait=30', { imei, command: 'setdigout 1 10' });
    expect(await device.command()).toBe('setdigout 1 10');
    device.send(codec12Frame(REPLY, SWITCHED));
    const { status, applied, body, afterMs } = await answer;
    expect({ status, applied, body }).toEqual({
      status: 200,
      applied: 'wait=30',
      body: {
        success: true,
        message: 'Command sent',
        commandLogId: expect.any(String) as string,
        status: 'COMPLETED',
        reason: null,
        response: SWITCHED,
        confirmedBy: 'reply',
        deviceState: null,
      },
    });
    expect(afterMs).toBeLessThan(10_000);
  });

  it('is answered with the error of the device', async () => {
    const { imei, device } = await fixture.newDevice();
    const answer = post(gateway, 'respond-async, Wait="20"', { imei, command: 'setdigout 1 10' });
    await device.command();
    device.send(codec12Frame(REPLY, 'DOUT is disabled from CFG'));
    const { status, applied, body } = await answer;
    expect([status, applied]).toEqual([200, 'wait=20']);
    expect(body).toMatchObject({
      status: 'FAILED',
      reason: 'rejected',
      response: 'DOUT is disabled from CFG',
      confirmedBy: null,
    });
  });

  it('is answered PENDING when its time is up, later than the time limit of a request is', async () => {
    const { imei, device } = await fixture.newDevice();
    const { status, applied, body, afterMs } = await post(gateway, 'wait=3', { imei, command: 'getver' });
    expect({ status, applied, body }).toMatchObject({
      status: 200,
      applied: 'wait=3',
      body: { status: 'PENDING', reason: null, response: null, confirmedBy: null, deviceState: null },
    });
    expect(afterMs).toBeGreaterThanOrEqual(2_990);
    expect(afterMs).toBeLessThan(10_000);
    device.close();
  });

  it.each([
    ['wait=0', 'wait=0'],
    ['wait=1', 'wait=1'],
  ])('%s is answered soon', async (prefer, expected) => {
    const { imei } = await fixture.newDevice();
    const { applied, body, afterMs } = await post(gateway, prefer, { imei, command: 'getver' });
    expect([applied, body.status]).toEqual([expected, 'PENDING']);
    expect(afterMs).toBeLessThan(10_000);
  });

  it.each([
    ['wait=30', 'wait=30'],
    ['wait=31', 'wait=30'],
  ])('%s is applied as %s', async (prefer, expected) => {
    const { imei, device } = await fixture.newDevice();
    const answer = post(gateway, prefer, { imei, command: 'setdigout 1 10' });
    await device.command();
    device.send(codec12Frame(REPLY, SWITCHED));
    expect((await answer).applied).toBe(expected);
  });

  it.each([[null], ['wait'], ['wait=soon'], ['wait=-1'], ['respond-async'], ['foo;wait=5']])(
    'is answered at once, as before, with Prefer: %s',
    async (prefer) => {
      const { imei } = await fixture.newDevice();
      const { status, applied, body } = await post(gateway, prefer, { imei, command: 'getver' });
      expect({ status, applied, body }).toEqual({
        status: 200,
        applied: null,
        body: { success: true, message: 'Command sent', commandLogId: expect.any(String) as string, status: 'PENDING' },
      });
    },
  );

  it('is refused at once like any other', async () => {
    const { status, applied, body } = await post(gateway, 'wait=30', { imei: fixture.newImei(), command: 'getver' });
    expect([status, applied, body.code]).toEqual([404, null, 'DEVICE_NOT_CONNECTED']);
    expect(await waiting()).toBe(0);
  });

  it('waits on when the device has postponed the command, and says so when its time is up', async () => {
    const { imei, device } = await fixture.newDevice();
    const [short, long] = [
      post(gateway, 'wait=2', { imei, command: 'setdigout 1 10 1' }, { headers: { 'idempotency-key': imei } }),
      post(gateway, 'wait=30', { imei, command: 'setdigout 1 10 1' }, { headers: { 'idempotency-key': imei } }),
    ];
    await device.command();
    const words = 'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued';
    device.send(codec12Frame(REPLY, words));
    expect((await short).body).toMatchObject({ status: 'PENDING', deviceState: 'queued', response: words });
    device.send(codec12Frame(REPLY, SWITCHED));
    expect((await long).body).toMatchObject({ status: 'COMPLETED', response: SWITCHED, confirmedBy: 'reply' });
  });

  it('is answered when the command is not answered in time', async () => {
    const { imei } = await fixture.newDevice();
    const { body } = await post(gateway, 'wait=30', { imei, command: 'getver', timeoutSeconds: 1, maxRetry: 0 });
    expect(body).toMatchObject({ status: 'FAILED', reason: 'unconfirmed' });
  });

  it('is answered when the command is cancelled', async () => {
    const imei = fixture.newImei();
    const answer = post(gateway, 'wait=30', { imei, command: 'getver', mode: 'queue' });
    const id = await waitFor(() => newestOf(imei), { what: 'the command to be stored' });
    expect((await gateway.post(`commands/${id}/cancel`, {})).status).toBe(200);
    const { status, body } = await answer;
    expect([status, body]).toMatchObject([202, { message: 'Command queued', status: 'FAILED', reason: 'cancelled' }]);
  });

  it('is answered when a newer command takes the place of its own, also one of the same batch', async () => {
    const imei = fixture.newImei();
    const answers = ['setdigout 1', 'setdigout 0', 'setdigout 1'].map((command) =>
      post(gateway, 'wait=30', { imei, command, mode: 'queue' }),
    );
    const superseded = await Promise.any([
      Promise.all([answers[0], answers[1]]),
      Promise.all([answers[0], answers[2]]),
      Promise.all([answers[1], answers[2]]),
    ]);
    expect(superseded.map((answer) => answer?.body)).toMatchObject([{ reason: 'superseded' }, { reason: 'superseded' }]);
    expect((await gateway.post(`commands/${await newestOf(imei)}/cancel`, {})).status).toBe(200);
    await Promise.all(answers);
  });

  it('is answered by the device that logs in meanwhile', async () => {
    const imei = fixture.newImei();
    const answer = post(gateway, 'wait=30', { imei, command: 'setdigout 1 10', mode: 'queue' });
    await waitFor(() => newestOf(imei), { what: 'the command to be stored' });
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await device.command();
    device.send(codec12Frame(REPLY, SWITCHED));
    const { status, body } = await answer;
    expect([status, body]).toMatchObject([202, { status: 'COMPLETED', response: SWITCHED }]);
  });

  it('that is repeated waits for the same command, and is answered at once after its end', async () => {
    const { imei, device } = await fixture.newDevice();
    const asked = { imei, command: 'setdigout 1 10' };
    const headers = { 'idempotency-key': imei };
    const first = await post(gateway, null, asked, { headers });
    const repeats = [post(gateway, 'wait=30', asked, { headers }), post(gateway, 'wait=30', asked, { headers })];
    await waitFor(async () => (await waiting()) === 2, { what: 'the repeated requests to wait' });
    await device.command();
    device.send(codec12Frame(REPLY, SWITCHED));
    for (const { body } of await Promise.all(repeats)) {
      expect(body).toMatchObject({ commandLogId: first.body.commandLogId, response: SWITCHED, status: 'COMPLETED' });
    }
    for (const prefer of ['wait=30', 'wait=0']) {
      const late = await post(gateway, prefer, asked, { headers });
      expect([late.body.response, late.applied]).toEqual([SWITCHED, prefer]);
    }
    expect(device.pendingBytes).toBe(0);
  });

  it('is answered at once when as many requests of its key wait as are allowed', async () => {
    const devices = await Promise.all(Array.from({ length: 4 }, () => fixture.newDevice()));
    const answers = devices.slice(0, 3).map(({ imei }) => post(gateway, 'wait=30', { imei, command: 'setdigout 1 10' }));
    await waitFor(async () => (await waiting()) === 3, { what: 'three requests to wait' });
    const { status, applied, body } = await post(gateway, 'wait=30', { imei: devices[3]!.imei, command: 'setdigout 1 10' });
    expect([status, applied, Object.keys(body), body.status]).toEqual([
      200,
      null,
      ['success', 'message', 'commandLogId', 'status'],
      'PENDING',
    ]);
    for (const { device } of devices) {
      await device.command();
      device.send(codec12Frame(REPLY, SWITCHED));
    }
    expect((await Promise.all(answers)).map(({ body: { status: end } }) => end)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(await waiting()).toBe(0);
  });

  it('gives its place back when the client closes the connection', async () => {
    const { imei, device } = await fixture.newDevice();
    const client = new AbortController();
    const answer = post(gateway, 'wait=30', { imei, command: 'setdigout 1 10' }, { signal: client.signal });
    await waitFor(async () => (await waiting()) === 1, { what: 'the request to wait' });
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    await waitFor(async () => (await waiting()) === 0, { what: 'the place to be free' });
    await device.command();
    device.send(codec12Frame(REPLY, SWITCHED));
    expect((await endOfCommand(gateway, (await newestOf(imei))!)).status).toBe('COMPLETED');
  });

  it('is answered when its time is up with an end that nothing has reported', async () => {
    const imei = fixture.newImei();
    const answer = post(gateway, 'wait=2', { imei, command: 'getver', mode: 'queue' });
    await failUnreported(await waitFor(() => newestOf(imei), { what: 'the command to be stored' }));
    const { body, afterMs } = await answer;
    expect(body).toMatchObject({ status: 'FAILED', reason: 'cancelled' });
    expect(afterMs).toBeGreaterThanOrEqual(1_990);
  });

  it('is answered when notifications are received again after they may have been lost', async () => {
    const imei = fixture.newImei();
    const answer = post(gateway, 'wait=30', { imei, command: 'getver', mode: 'queue' });
    await failUnreported(await waitFor(() => newestOf(imei), { what: 'the command to be stored' }));
    await fixture.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'iot-broker listener'`,
    );
    const { body, afterMs } = await answer;
    expect(body).toMatchObject({ status: 'FAILED', reason: 'cancelled' });
    expect(afterMs).toBeLessThan(25_000);
  });
});

async function newestOf(imei: string): Promise<string | null> {
  const [row] = await fixture.database.query<{ id: string }>(
    'select command_log_id::text as id from tbl_iot_command_logs where imei = $1 order by command_log_id desc limit 1',
    [imei],
  );
  return row?.id ?? null;
}

/** Ends a command as an instance does whose notification is lost. */
async function failUnreported(id: string): Promise<void> {
  await fixture.database.query(
    `update tbl_iot_command_logs set status = 'FAILED', reason = 'cancelled', completed_at = now() where command_log_id = $1`,
    [id],
  );
}

it('500 waiting requests run no statement while they wait, and are answered with a few', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const proxy = await TcpProxy.to(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  const many = await Gateway.start(url.href, { ...COMMAND_SETTINGS, COMMAND_MAX_WAITS: '500', COMMAND_MAX_WAITS_PER_KEY: '500' });
  let statements = 0;
  let reads = 0;
  proxy.slowDown((bytes, direction) => {
    if (direction === 'to-target') {
      statements += occurrences(bytes, SYNC);
      reads += occurrences(bytes, Buffer.from('\0iot_read_command_outcomes\0'));
    }
    return 0;
  });
  try {
    const answers = Array.from({ length: 500 }, (_, index) =>
      post(many, 'wait=30', {
        imei: String(357_200_000_000_000 + Math.floor(index / 50)),
        command: `getparam ${1000 + index}`,
        mode: 'queue',
        ttlSeconds: 5,
      }),
    );
    await waitFor(async () => (await waiting(many)) === 500, { what: 'all requests to wait' });
    const [begun, countBefore] = [performance.now(), statements];
    const ended = await Promise.all(answers);
    const seconds = (performance.now() - begun) / 1000;
    expect(new Set(ended.map(({ body: { status, reason } }) => `${String(status)} ${String(reason)}`))).toEqual(
      new Set(['FAILED expired']),
    );
    expect(reads).toBeGreaterThan(0);
    // Nearly always five at most. On a slow machine the commands begin at different times, and so they expire.
    expect(reads).toBeLessThanOrEqual(50);
    // What the gateway does periodically, and the sweep that ends them.
    expect(statements - countBefore).toBeLessThan(60 + 30 * seconds);
    const refused = await Promise.all(
      Array.from({ length: 501 }, (_, index) =>
        post(many, 'wait=3', {
          imei: String(357_300_000_000_000 + Math.floor(index / 50)),
          command: `getparam ${1000 + index}`,
          mode: 'queue',
        }),
      ),
    );
    expect(refused.filter(({ applied }) => applied === null)).toHaveLength(1);
  } finally {
    await many.stop();
    await proxy.close();
    await database.drop();
  }
});

function occurrences(bytes: Buffer, part: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(part); at !== -1; at = bytes.indexOf(part, at + part.length)) {
    count++;
  }
  return count;
}

it('a request whose time is up while the database does not answer is answered PENDING', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const proxy = await TcpProxy.to(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  const cutOff = await Gateway.start(url.href, COMMAND_SETTINGS);
  try {
    const answer = post(cutOff, 'wait=3', { imei: '357500000000000', command: 'getver', mode: 'queue' });
    // Its command is stored: a request is counted as waiting before that.
    const stored = 'select from tbl_iot_command_logs where awaited_by is not null';
    await waitFor(async () => (await database.query(stored)).length === 1, { what: 'the request to wait' });
    proxy.cut();
    const { status, applied, body, afterMs } = await answer;
    proxy.mend();
    expect([status, applied, body.status, body.reason]).toEqual([202, 'wait=3', 'PENDING', null]);
    expect(afterMs).toBeLessThan(15_000);
  } finally {
    await cutOff.stop();
    await proxy.close();
    await database.drop();
  }
});

describe('two instances', () => {
  let other: Gateway;

  beforeAll(async () => {
    other = await Gateway.start(fixture.database.url, { ...COMMAND_SETTINGS, IOT_COMMAND_TIMEOUT: '60' });
  });

  afterAll(() => other.stop());

  it('a request at one is answered by the reply at the other', async () => {
    const imei = fixture.newImei();
    const device = await FakeDevice.logIn(other.devicePort, imei);
    const answer = post(gateway, 'wait=30', { imei, command: 'setdigout 1 10' });
    await device.command();
    device.send(codec12Frame(REPLY, SWITCHED));
    const { body, afterMs } = await answer;
    expect(body).toMatchObject({ status: 'COMPLETED', response: SWITCHED, confirmedBy: 'reply' });
    expect(afterMs).toBeLessThan(10_000);
  });

  it('a request at one is answered when the other cancels its command, or replaces it by a newer one', async () => {
    const [cancelled, replaced] = [fixture.newImei(), fixture.newImei()];
    const answers = [cancelled, replaced].map((imei) =>
      post(gateway, 'wait=30', { imei, command: 'setdigout 1', mode: 'queue' }),
    );
    const id = await waitFor(() => newestOf(cancelled), { what: 'the command to be stored' });
    await waitFor(() => newestOf(replaced), { what: 'the command to be stored' });
    expect((await other.post(`commands/${id}/cancel`, {})).status).toBe(200);
    await postCommand(other, replaced, 'setdigout 0', { mode: 'queue' });
    const [first, second] = await Promise.all(answers);
    expect([first?.body, second?.body]).toMatchObject([{ reason: 'cancelled' }, { reason: 'superseded' }]);
    expect(Math.max(first!.afterMs, second!.afterMs)).toBeLessThan(10_000);
  });

  it('a request is answered by the end of its time-out, whichever of the two finds it', async () => {
    const devices = Array.from({ length: 20 }, () => fixture.newImei());
    const answers = devices.map((imei) => post(other, 'wait=30', { imei, command: 'getver', mode: 'queue', ttlSeconds: 1 }));
    for (const { body, afterMs } of await Promise.all(answers)) {
      expect(body).toMatchObject({ status: 'FAILED', reason: 'expired' });
      expect(afterMs).toBeLessThan(10_000);
    }
  });

  it('a request that is repeated at the other instance is answered there', async () => {
    const { imei, device } = await fixture.newDevice();
    const headers = { 'idempotency-key': imei };
    const asked = { imei, command: 'setdigout 1 10' };
    const client = new AbortController();
    const first = post(gateway, 'wait=30', asked, { headers, signal: client.signal });
    await device.command();
    client.abort();
    await expect(first).rejects.toThrow('aborted');
    const repeated = post(other, 'wait=30', asked, { headers });
    await waitFor(async () => (await waiting(other)) === 1, { what: 'the repeated request to wait' });
    device.send(codec12Frame(REPLY, SWITCHED));
    expect((await repeated).body).toMatchObject({ status: 'COMPLETED', response: SWITCHED });
  });
});

it('a gateway that stops answers its waiting requests at once, also on connections that are kept open', async () => {
  const database = await createTestDatabase();
  const stopped = await Gateway.start(database.url, COMMAND_SETTINGS);
  const agent = new Agent({ keepAlive: true });
  try {
    const answers = Array.from({ length: 3 }, (_, index) =>
      kept(agent, stopped, { imei: String(357_400_000_000_000 + index), command: 'getver', mode: 'queue' }),
    );
    await waitFor(async () => (await waiting(stopped)) === 3, { what: 'the requests to wait' });
    const begun = performance.now();
    const exit = stopped.stop();
    for (const { status, applied, body } of await Promise.all(answers)) {
      expect([status, applied, body.status, Object.keys(body).includes('reason')]).toEqual([202, undefined, 'PENDING', false]);
    }
    expect(await exit).toMatchObject({ code: 0 });
    expect(performance.now() - begun).toBeLessThan(10_000);
  } finally {
    agent.destroy();
    await database.drop();
  }
});

interface KeptAnswer {
  readonly status: number | undefined;
  readonly applied: string | string[] | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request with Prefer: wait=30 on a connection that is kept. */
async function kept(agent: Agent, to: Gateway, body: object): Promise<KeptAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json', prefer: 'wait=30' };
    const request = httpRequest(`${to.apiUrl}/api/v1/command`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          applied: response.headers['preference-applied'],
          body: JSON.parse(text) as Record<string, unknown>,
        }),
      );
    });
    request.on('error', reject).end(JSON.stringify(body));
  });
}
