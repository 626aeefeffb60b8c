import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const ORIGIN = 'https://app.example.com';
const BODY_LIMIT = 4_096;
const PER_SECOND = 5;

let database: TestDatabase;
/** As it comes, but for a time limit that a test can wait for. */
let gateway: Gateway;
/** With everything set. */
let strict: Gateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  [gateway, strict] = await Promise.all([
    Gateway.start(database.url, { API_HEADERS_TIMEOUT_SECONDS: '2', API_RATE_LIMIT_PER_SECOND: '' }),
    Gateway.start(database.url, {
      API_BODY_LIMIT_BYTES: String(BODY_LIMIT),
      API_RATE_LIMIT_PER_SECOND: String(PER_SECOND),
      API_REQUEST_TIMEOUT_SECONDS: '2',
      CORS_ORIGINS: `${ORIGIN}, http://localhost:3000`,
      IOT_API_KEY: `${API_KEY}, the next key`,
    }),
  ]);
});

afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  await Promise.all([gateway.stop(), strict.stop()]);
  await database.drop();
});

const fetchFrom = (instance: Gateway, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${instance.apiUrl}${path}`, { ...init, headers: { 'x-api-key': API_KEY, ...(init.headers as Record<string, string>) } });

describe('an answer', () => {
  it.each(['/api/v1/devices', '/api/v1/nothing', '/docs', '/healthz'])(
    'to %s has headers that keep browsers from mischief',
    async (path) => {
      const { headers } = await fetchFrom(gateway, path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('of the API must not be stored by any cache', async () => {
    expect((await fetchFrom(gateway, '/%61pi/v1/devices')).headers.get('cache-control')).toBe('no-store');
  });

  it.each(['/api/v1/devices', '/api/v1/nothing', '/healthz', '/api/v1/devices/%zz'])(
    'to %s carries the id of its request',
    async (path) => {
      const { headers } = await fetchFrom(gateway, path, { headers: { 'x-request-id': 'host-42' } });
      expect(headers.get('x-request-id')).toBe('host-42');
      expect((await fetchFrom(gateway, path)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each(['with blanks', 'x'.repeat(129), '"quoted"', '{}'])('does not carry an id like %s', async (id) => {
    const { headers } = await fetchFrom(gateway, '/healthz', { headers: { 'x-request-id': id } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('to a failure of the gateway has its id, which the log has too, and no stack', async () => {
    await database.query('alter table tbl_iot_device_messages rename to tbl_renamed');
    const response = await fetchFrom(gateway, '/api/v1/devices/356307042441013/messages', {
      headers: { 'x-request-id': 'failing-1' },
    });
    const text = await response.text();
    await database.query('alter table tbl_renamed rename to tbl_iot_device_messages');
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      { success: false, error: 'Internal error', code: 'INTERNAL_ERROR', requestId: 'failing-1' },
    ]);
    expect(text).not.toMatch(/\bat |tbl_/);
    await gateway.process.waitForLine(/failing-1/);
  });
});

describe('a method that a path does not have', () => {
  it.each([
    ['DELETE', '/api/v1/command', 'POST'],
    ['PATCH', '/api/v1/registered-devices/350612000000008?x=1', 'DELETE, GET, HEAD, PUT'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['QUERY', '/api/v1/commands', 'GET, HEAD, POST'],
  ])('%s %s is 405, with those that it has in Allow', async (method, path, allow) => {
    const response = await fetchFrom(gateway, path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ success: false, code: 'METHOD_NOT_ALLOWED' });
  });

  it('is 404 when there is no such path', async () => {
    expect((await fetchFrom(gateway, '/api/v1/nothing', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('pages of other origins', () => {
  const preflight = (instance: Gateway, origin: string): Promise<Response> =>
    fetch(`${instance.apiUrl}/api/v1/command`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
    });

  it('are kept out unless CORS_ORIGINS names them', async () => {
    for (const response of [
      await preflight(gateway, ORIGIN),
      await fetchFrom(gateway, '/api/v1/devices', { headers: { origin: ORIGIN } }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await preflight(strict, 'https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('that CORS_ORIGINS names are let in', async () => {
    const { status, headers } = await preflight(strict, ORIGIN);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
    expect(headers.get('access-control-allow-headers')).toContain('x-api-key');
    const answer = await fetchFrom(strict, '/healthz', { headers: { origin: 'http://localhost:3000' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
  });
});

describe('a body', () => {
  /** A command that is refused for its IMEI, when it is read at all. */
  const bodyOf = (bytes: number): string => {
    const empty = JSON.stringify({ imei: 'x', command: 'y', metadata: '' });
    return empty.replace('""', `"${'m'.repeat(bytes - empty.length)}"`);
  };
  const send = async (instance: Gateway, bytes: number): Promise<unknown> => {
    const { status, body } = await instance.post('command', bodyOf(bytes), { 'x-api-key': 'the next key' });
    return [status, body.code];
  };

  it('of API_BODY_LIMIT_BYTES is read, one more byte is 413', async () => {
    expect(await send(strict, BODY_LIMIT)).toEqual([400, 'INVALID_INPUT']);
    expect(await send(strict, BODY_LIMIT + 1)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('may be 1 MiB unless it is set', async () => {
    const post = async (bytes: number) => (await gateway.post('command', bodyOf(bytes))).status;
    expect([await post(1_048_576), await post(1_048_577)]).toEqual([400, 413]);
  });

  it('that is text is 415', async () => {
    const { status, body } = await gateway.post('command', 'text', { 'content-type': 'text/plain' });
    expect([status, body]).toMatchObject([
      415,
      { success: false, error: 'A body must be application/json', code: 'UNSUPPORTED_MEDIA_TYPE' },
    ]);
  });
});

describe('a command that does not come as JSON', () => {
  const IMEI = '356307042441013';

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])('as %s is 415', async (type) => {
    const { status, body } = await gateway.post('command', `imei=${IMEI}&command=getver&mode=queue`, { 'content-type': type });
    expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('with a member that is refused says which', async () => {
    const refused = async (metadata: string) =>
      (await gateway.post('command', `{"imei":"${IMEI}","command":"getver","mode":"queue","metadata":${metadata}}`)).body;
    expect(await refused('{"__proto__":{"a":1}}')).toEqual({
      success: false,
      error: 'The body must not have a member "__proto__"',
      code: 'INVALID_INPUT',
    });
    expect((await refused('{"constructor":{"prototype":{}}}')).error).toContain('"constructor"');
    expect(await refused('{')).toMatchObject({ error: 'The body is not valid JSON', code: 'INVALID_INPUT' });
  });
});

describe('a cursor', () => {
  const FEBRUARY = 'newest_2026-02-30T00:00:00.000Z_1';
  const YEAR_0 = 'newest_0000-01-01T00:00:00.000Z_1';

  it.each([
    ['events?after=1_9223372036854775808', 400],
    ['events?after=18446744073709551616_1', 400],
    ['events?after=9999999999999999999_999999999999999999', 410],
    ['events?after=0_0', 200],
    ['events?after=0942_1', 400],
    ['webhooks/events?cursor=0942_1', 400],
    ['webhooks/events?cursor=18446744073709551616_1', 400],
    ['webhooks/events?cursor=1_9223372036854775808', 400],
    ['webhooks/events?cursor=9999999999999999999_999999999999999999', 200],
    ['commands?cursor=99999999999999999_999999999999999999', 200],
    ['commands?cursor=100000000000000000_1', 400],
    ['commands?cursor=1_9223372036854775808', 400],
    ['audit?cursor=99999999999999999_999999999999999999', 200],
    ['audit?cursor=100000000000000000_1', 400],
    ['devices/356307042441013/messages?cursor=999999999999999999', 200],
    ['devices/356307042441013/messages?cursor=9223372036854775808', 400],
    ['quarantine?cursor=999999999999999999', 200],
    ['quarantine?cursor=9223372036854775808', 400],
    ['registered-devices?cursor=999999999999999', 200],
    ['registered-devices?cursor=9999999999999999', 400],
    ['unknown-devices?cursor=999999999999999', 200],
    [`devices/356307042441013/telemetry?cursor=${FEBRUARY.replace('30T', '28T')}`, 404],
    [`devices/356307042441013/telemetry?cursor=${FEBRUARY}`, 400],
    [`devices/356307042441013/telemetry?cursor=${YEAR_0}`, 400],
  ])('in %s is answered %i', async (path, expected) => {
    expect((await gateway.get(path)).status).toBe(expected);
  });

  it('that no list has given can be sent for replays neither', async () => {
    expect((await gateway.post('webhooks/replay', { cursor: '18446744073709551616_1' })).status).toBe(400);
  });
});

describe('an optional field that is null', () => {
  it.each([
    ['POST', 'webhooks/replay', ['state', 'type', 'imei', 'from', 'to', 'cursor']],
    ['POST', 'quarantine/retry', ['limit', 'reason', 'imei', 'from', 'to', 'cursor']],
    ['PUT', 'log/devices/356307042441013', ['ttlSeconds']],
  ])('in %s %s is as if it were left out', async (method, path, fields) => {
    const send = async (body: object) => {
      const response = await fetchFrom(gateway, `/api/v1/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { trace?: { until: string } };
      return { status: response.status, untilHour: answer.trace?.until.slice(0, 13) };
    };
    const expected = await send({});
    expect(expected.status).not.toBe(500);
    for (const field of fields) {
      expect([field, await send({ [field]: null })]).toEqual([field, expected]);
    }
  });
});

describe('a time', () => {
  const LISTS = ['commands', 'audit', 'webhooks/events', 'quarantine'];

  it.each(LISTS)('that does not exist is refused in %s', async (list) => {
    for (const time of ['2026-02-30', '2026-01-01T24:30:00Z', '2026-01-01T12:00:60Z']) {
      for (const bound of ['from', 'to']) {
        expect([time, (await gateway.get(`${list}?${bound}=${time}`)).status]).toEqual([time, 400]);
      }
    }
    expect((await gateway.get(`${list}?from=2024-02-29&to=0`)).status).toBe(200);
  });

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])('at the end of the calendar is read: %s', async (time) => {
    for (const name of ['from', 'to']) {
      // The database was asked: it knows no records of this device.
      expect((await gateway.get(`devices/350612345678901/telemetry?${name}=${time}`)).status).toBe(404);
    }
  });

  it.each(['0000-12-31', '0001-01-01T00:00:00%2B00:01', '9999-12-31T23:59:59-00:01'])(
    'beyond the end of the calendar is refused: %s',
    async (time) => {
      for (const name of ['from', 'to']) {
        expect((await gateway.get(`devices/350612345678901/telemetry?${name}=${time}`)).status).toBe(400);
      }
    },
  );

  it('that does not exist is refused in a body', async () => {
    const create = (expiresAt: string) => gateway.post('keys', { name: `until-${Date.now()}`, scopes: ['read'], expiresAt });
    expect((await create('2035-02-30')).status).toBe(400);
    expect((await create('2035-02-28')).body).toMatchObject({ key: { expiresAt: '2035-02-28T00:00:00.000Z' } });
  });
});

describe('an error', () => {
  it.each([
    ['a route that does not exist', `/api/v1/${'x'.repeat(5_000)}`, 404],
    ['a parameter that is too long', `/api/v1/devices/${'1'.repeat(5_000)}`, 414],
    ['a parameter that cannot be decoded', `/api/v1/devices/${'%zz'.repeat(2_000)}`, 400],
    ['a query that is not known', `/api/v1/devices/356307042441013/telemetry?${'q'.repeat(5_000)}=1`, 400],
  ])('about %s does not repeat the whole request', async (_name, path, expected) => {
    const response = await fetchFrom(gateway, path);
    const body = await response.text();
    expect([response.status, body.length < 400, body]).toEqual([expected, true, body]);
    expect(JSON.parse(body)).toMatchObject({
      success: false,
      error: expect.any(String) as string,
      code: expect.any(String) as string,
    });
  });

  it('about many wrong fields is cut', async () => {
    const fields = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`field-${index}`, 1]));
    const { status, body } = await gateway.post<{ error: string }>('command', fields);
    expect([status, body.error.length <= 1_003]).toEqual([400, true]);
  });
});

describe('a gateway that stops', () => {
  it('answers what still arrives on a connection with 503, STOPPING and Retry-After', async () => {
    const own = await Gateway.start(database.url);
    const { port } = new URL(own.apiUrl);
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    sockets.push(socket);
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString()));
    // A request whose body is not complete keeps the connection open.
    socket.write(
      `POST /api/v1/command HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`,
    );
    await waitFor(async () => (await own.get('stats')).status === 200, { what: 'the gateway to have read it' });
    const stopped = own.stop();
    const isRefused = () =>
      new Promise<boolean>((resolve) => {
        const probe = connect({ port: Number(port), host: '127.0.0.1' });
        probe
          .once('connect', () => {
            probe.destroy();
            resolve(false);
          })
          .once('error', () => resolve(true));
      });
    await waitFor(isRefused, { what: 'the port to be closed', timeoutMs: 30_000 });
    socket.write(`}GET /api/v1/stats HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n\r\n`);
    await waitFor(() => said.includes('STOPPING'), { what: 'the answer' });
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    const answer = said.slice(said.indexOf('HTTP/1.1 503'));
    expect(answer).toMatch(/^retry-after: 1\r$/im);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
      success: false,
      error: 'The gateway is stopping, try again',
      code: 'STOPPING',
      requestId: expect.any(String) as string,
    });
    expect((await stopped).code).toBe(0);
  });
});

describe('requests of one key', () => {
  const get = (key: string, path = '/api/v1/io-elements'): Promise<Response> =>
    fetchFrom(strict, path, { headers: { 'x-api-key': key } });

  /** Asks in bursts until one answer is a refusal, and gives that. */
  const askTooMuch = (key: string, path?: string): Promise<Response> =>
    waitFor(
      async () => {
        const answers = await Promise.all(Array.from({ length: 4 * PER_SECOND }, () => get(key, path)));
        return answers.find(({ status }) => status === 429);
      },
      { what: 'a refusal', timeoutMs: 30_000 },
    );

  it('are refused beyond API_RATE_LIMIT_PER_SECOND, without disturbing another key, and served again later', async () => {
    const refused = await askTooMuch(API_KEY);
    expect(Number(refused.headers.get('retry-after'))).toBe(1);
    expect(await refused.json()).toEqual({
      success: false,
      error: `More than ${PER_SECOND} requests in a second: wait as long as Retry-After says`,
      code: 'RATE_LIMITED',
    });
    await waitFor(async () => (await get(API_KEY)).status === 200, { what: 'the next second' });
  });

  it('are served up to the limit', async () => {
    const made = await waitFor(
      async () => (await strict.post<{ secret?: string }>('keys', { name: 'steady', scopes: ['read'] })).body.secret,
    );
    const answers = await Promise.all(Array.from({ length: PER_SECOND }, () => get(made)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: PER_SECOND }, () => 200));
  });

  it('count for the address when the key is unknown', async () => {
    const wrong = () => `iot_${Math.random().toString(36).slice(2).padEnd(43, 'x').slice(0, 43)}`;
    await waitFor(
      async () => {
        const answers = await Promise.all(Array.from({ length: 4 * PER_SECOND }, () => get(wrong())));
        const statuses = answers.map(({ status }) => status);
        expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
        return statuses.includes(429);
      },
      { what: 'a refusal', timeoutMs: 30_000 },
    );
  });

  it('are not counted for health and documentation', async () => {
    for (const path of ['/healthz', '/docs']) {
      const answers = await Promise.all(Array.from({ length: 4 * PER_SECOND }, () => get('wrong', path)));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
  });

  it('are a thousand a second unless it is set', async () => {
    const { headers } = await fetchFrom(gateway, '/api/v1/stats');
    expect(headers.get('x-ratelimit-limit')).toBe('1000');
  });
});

describe('a slow client', () => {
  const open = (instance: Gateway): { socket: Socket; said: () => string; isEnded: () => boolean; isClosed: () => boolean } => {
    // Half-open: closed by the gateway for good, not because we close in return.
    const socket = connect({ port: Number(new URL(instance.apiUrl).port), host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    const chunks: Buffer[] = [];
    let closed = false;
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (closed = true));
    return { socket, said: () => Buffer.concat(chunks).toString(), isEnded: () => socket.readableEnded, isClosed: () => closed };
  };

  /** A byte now and then until the other side has had enough. */
  const dribble = async (client: ReturnType<typeof open>): Promise<void> => {
    await waitFor(
      async () => {
        client.socket.write('a');
        await delay(50);
        return client.isClosed();
      },
      { what: 'the gateway to hang up', timeoutMs: 30_000 },
    );
  };

  it('that dribbles its headers is answered 408 and cut', async () => {
    const client = open(gateway);
    client.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
    await dribble(client);
    expect(client.said()).toMatch(/^HTTP\/1.1 408 [^]*"success":false[^]*"code":"REQUEST_TIMEOUT"/);
  });

  it('that says nothing is cut', async () => {
    const client = open(gateway);
    await waitFor(client.isEnded, { what: 'the gateway to hang up', timeoutMs: 30_000 });
  });

  it('that dribbles its body beyond API_REQUEST_TIMEOUT_SECONDS is cut', async () => {
    const client = open(strict);
    client.socket.write(
      `POST /api/v1/command HTTP/1.1\r\nhost: x\r\nx-api-key: the next key\r\ncontent-type: application/json\r\ncontent-length: ${BODY_LIMIT}\r\n\r\n`,
    );
    await dribble(client);
    expect(client.said()).not.toContain('HTTP/1.1 2');
  });

  it('that keeps to the limits is served, also when its body takes longer than headers may', async () => {
    const client = open(gateway);
    const body = JSON.stringify({ imei: '356307042441013', command: 'getver', mode: 'queue', metadata: 'm'.repeat(20) });
    client.socket.write(
      `POST /api/v1/command HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    for (const byte of body) {
      client.socket.write(byte);
      await delay(30);
    }
    await waitFor(() => client.said().includes('"success":true'), { what: 'the answer' });
    expect(client.said()).toMatch(/^HTTP\/1.1 202 /);
  });
});
