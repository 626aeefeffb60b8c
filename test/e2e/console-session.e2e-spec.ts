import { request as httpRequest } from 'node:http';
import { createHmac } from 'node:crypto';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const MAX_FAILURES = 3;
const PROXY = '127.0.0.9';
const TWELVE_HOURS_MS = 12 * 3_600_000;
const IMEI = '356307042441013';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookie: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly from?: string;
  readonly to?: Gateway;
}

interface Session {
  readonly cookie: string;
  readonly csrf: string;
  readonly answer: Answer;
}

let database: TestDatabase;
let gateway: Gateway;
let other: Gateway;
let addresses = 10;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = {
    API_AUTH_FAILURES_PER_ADDRESS: String(MAX_FAILURES),
    API_AUTH_FAILURE_WINDOW_SECONDS: '600',
    API_TRUSTED_PROXIES: PROXY,
  };
  [gateway, other] = await Promise.all([Gateway.start(database.url, env), Gateway.start(database.url, env)]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  await database.drop();
});

const newAddress = (): string => `127.0.2.${addresses++}`;

/** Not by fetch: it sets Host, and Sec-Fetch headers, by itself. */
function ask({
  method = 'GET',
  path = '/console/session',
  body,
  headers = {},
  from = '127.0.0.1',
  to = gateway,
}: Ask): Promise<Answer> {
  const { port } = new URL(to.apiUrl);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: sent, localAddress: from, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? (JSON.parse(answer) as Record<string, unknown>) : { text: answer },
            cookie: response.headers['set-cookie']?.[0],
            headers: response.headers,
          });
        });
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });
}

const refusal = ({ status, body }: Answer): unknown[] => [status, body['code']];

async function signIn(key = API_KEY, rest: Ask = {}): Promise<Session> {
  const answer = await ask({ method: 'POST', body: { key }, ...rest });
  expect(answer.status).toBe(201);
  return { cookie: answer.cookie!.split(';')[0]!, csrf: String(answer.body['csrfToken']), answer };
}

async function makeKey(name: string, scopes: string[]): Promise<{ secret: string; keyId: string }> {
  const { body } = await gateway.post<{ secret: string; key: { keyId: string } }>('keys', { name, scopes });
  return { secret: body.secret, keyId: body.key.keyId };
}

const rows = async (): Promise<number> =>
  Number((await database.query<{ count: string }>('select count(*) as count from tbl_iot_console_sessions'))[0]!.count);

describe('signing in', () => {
  it('gives a cookie that scripts, other sites and caches do not get, and says who it is', async () => {
    const { answer } = await signIn();
    expect(answer.cookie).toMatch(
      /^iot_console_[0-9a-f]{8}=[\w-]{43}\.[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({
      success: true,
      key: { keyId: null, name: 'IOT_API_KEY', scopes: ['admin'] },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/) as string,
      gateway: {
        version: expect.stringMatching(/^\d/) as string,
        devicePorts: { tcp: gateway.devicePort, tls: null, udp: null },
      },
      features: { mapFile: false, mapStyleUrl: null },
    });
    const lastsMs = Date.parse(String(answer.body['expiresAt'])) - Date.now();
    expect(Math.abs(lastsMs - TWELVE_HOURS_MS)).toBeLessThan(60_000);
    expect(JSON.stringify(answer.body)).not.toContain(API_KEY);
  });

  it('gives a cookie that browsers send over TLS only, when a trusted proxy says that it speaks TLS', async () => {
    const tls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' };
    const { answer, cookie } = await signIn(API_KEY, { headers: tls, from: PROXY });
    expect(answer.cookie).toMatch(/^__Host-iot_console_.*; Secure$/);
    expect((await ask({ headers: { ...tls, cookie }, from: PROXY })).status).toBe(200);
    const fromAStranger = await signIn(API_KEY, { headers: tls, from: newAddress() });
    expect(fromAStranger.answer.cookie).not.toContain('Secure');
  });

  it.each([
    ['a wrong key', { key: 'a wrong key, as long as you like' }, 401, 'UNAUTHORIZED'],
    ['no key', {}, 400, 'INVALID_INPUT'],
    ['a key that is a number', { key: 1 }, 400, 'INVALID_INPUT'],
    ['something else beside the key', { key: API_KEY, scopes: ['admin'] }, 400, 'INVALID_INPUT'],
  ])('is refused with %s', async (_what, body, status, code) => {
    const answer = await ask({ method: 'POST', body, from: newAddress() });
    expect([...refusal(answer), answer.cookie]).toEqual([status, code, undefined]);
  });

  it('counts wrong keys against the limit of the address, and is refused beyond it with a right key too', async () => {
    const from = newAddress();
    for (let failed = 0; failed < MAX_FAILURES; failed++) {
      const answer = await ask({ method: 'POST', body: { key: `wrong key number ${failed}` }, from });
      expect(answer.status).toBe(401);
    }
    const blocked = await ask({ method: 'POST', body: { key: API_KEY }, from });
    expect(refusal(blocked)).toEqual([429, 'TOO_MANY_AUTH_FAILURES']);
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0);
    expect(refusal(await ask({ path: '/api/v1/stats', headers: { 'x-api-key': API_KEY }, from }))[0]).toBe(429);
    expect((await ask({ method: 'POST', body: { key: API_KEY }, from: newAddress() })).status).toBe(201);
  });

  it.each([
    ['Origin', { origin: 'https://evil.example.com' }],
    ['an Origin without a host', { origin: 'null' }],
    ['Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('is refused to a page of another origin, by %s', async (_what, headers: Record<string, string>) => {
    expect(refusal(await ask({ method: 'POST', body: { key: API_KEY }, headers }))).toEqual([403, 'FOREIGN_PAGE']);
  });

  it('ends the session that the browser had before', async () => {
    const first = await signIn();
    const second = await signIn(API_KEY, { headers: { cookie: first.cookie } });
    expect((await ask({ headers: { cookie: first.cookie } })).status).toBe(401);
    expect((await ask({ headers: { cookie: second.cookie } })).status).toBe(200);
  });

  it('keeps neither the token nor the key in the database, and at most 50 sessions of a key', async () => {
    const { secret, keyId } = await makeKey('often-signed-in', ['read']);
    const first = await signIn(secret);
    for (let more = 0; more < 50; more++) {
      await signIn(secret);
    }
    const [stored] = await database.query<{ count: string }>(
      'select count(*) as count from tbl_iot_console_sessions where key_id = $1',
      [keyId],
    );
    expect(stored!.count).toBe('50');
    await waitFor(async () => (await ask({ headers: { cookie: first.cookie }, from: newAddress() })).status === 401);
    const dump = JSON.stringify(
      await database.query(`select encode(token_sha256, 'base64') as token, * from tbl_iot_console_sessions`),
    );
    expect(dump).not.toContain(first.cookie.split('=')[1]!.split('.')[0]!);
  });
});

describe('a session', () => {
  it('is taken by every route of the API in the place of a key, on every instance', async () => {
    const { cookie } = await signIn();
    for (const to of [gateway, other]) {
      expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to })).status).toBe(200);
      expect((await ask({ headers: { cookie }, to })).body['key']).toMatchObject({ name: 'IOT_API_KEY' });
    }
    expect((await ask({ path: '/api/v1/nothing', headers: { cookie } })).status).toBe(404);
  });

  it('may do what its key may, and is named in the audit by it', async () => {
    const { secret, keyId } = await makeKey('support', ['read', 'command']);
    const { cookie, csrf } = await signIn(secret);
    const headers = { cookie, 'x-csrf-token': csrf };
    const admin = await ask({ method: 'PUT', path: `/api/v1/registered-devices/${IMEI}`, body: { name: 'one' }, headers });
    expect(refusal(admin)).toEqual([403, 'FORBIDDEN_SCOPE']);
    const command = { imei: IMEI, command: 'getinfo', mode: 'queue' };
    expect((await ask({ method: 'POST', path: '/api/v1/command', body: command, headers })).status).toBeLessThan(300);
    const { body } = await gateway.get<{ entries: Record<string, unknown>[] }>('audit?key=support');
    expect(body.entries.map(({ action, keyId: id, keyName }) => [action, id, keyName])).toEqual([
      ['command.created', keyId, 'support'],
      ['console.signed-in', keyId, 'support'],
    ]);
  });

  it.each([
    ['without the CSRF token', {}, 'CSRF_TOKEN_INVALID'],
    ['with a wrong one', { 'x-csrf-token': 'x'.repeat(43) }, 'CSRF_TOKEN_INVALID'],
    ['of a page of another origin', { origin: 'http://127.0.0.1:1' }, 'FOREIGN_PAGE'],
    ['of another site', { 'sec-fetch-site': 'cross-site' }, 'FOREIGN_PAGE'],
  ])('changes nothing by a request %s', async (_what, headers: Record<string, string>, code) => {
    const { cookie, csrf } = await signIn();
    const sent = { cookie, ...(code === 'FOREIGN_PAGE' ? { 'x-csrf-token': csrf } : {}), ...headers };
    const path = `/api/v1/registered-devices/${IMEI}`;
    expect(refusal(await ask({ method: 'PUT', path, body: { name: 'forged' }, headers: sent }))).toEqual([403, code]);
    expect(refusal(await ask({ method: 'DELETE', headers: sent }))).toEqual([403, code]);
    expect((await gateway.get(`registered-devices/${IMEI}`)).status).toBe(404);
  });

  it('changes what its own page asks it to, named by Origin or by Sec-Fetch-Site', async () => {
    const { cookie, csrf } = await signIn();
    const path = `/api/v1/registered-devices/${IMEI}`;
    const { host } = new URL(gateway.apiUrl);
    for (const site of [{ origin: `http://${host}`, host }, { 'sec-fetch-site': 'same-origin' }]) {
      const headers = { cookie, 'x-csrf-token': csrf, ...site } as Record<string, string>;
      expect((await ask({ method: 'PUT', path, body: { name: 'mine' }, headers })).status).toBeLessThan(300);
    }
    const headers = {
      cookie: cookie.replace('iot_', '__Host-iot_'),
      'x-csrf-token': csrf,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'gw.example.com',
      origin: 'https://gw.example.com',
    };
    expect((await ask({ method: 'PUT', path, body: { name: 'mine' }, headers, from: PROXY })).status).toBeLessThan(300);
  });

  it('gives way to a key: a request with both is that key’s, and needs no CSRF token', async () => {
    const { secret } = await makeKey('reader', ['read']);
    const { cookie } = await signIn();
    const path = `/api/v1/registered-devices/${IMEI}`;
    const withKey = (key: string) =>
      ask({ method: 'PUT', path, body: { name: 'x' }, headers: { cookie, 'x-api-key': key }, from: newAddress() });
    expect(refusal(await withKey(secret))).toEqual([403, 'FORBIDDEN_SCOPE']);
    expect(refusal(await withKey('an unknown key'))).toEqual([401, 'UNAUTHORIZED']);
    expect((await withKey(API_KEY)).status).toBeLessThan(300);
    const basic = { authorization: 'Basic dXNlcjpwYXNzd29yZA==' };
    expect((await ask({ path: '/api/v1/stats', headers: { cookie, ...basic } })).status).toBe(200);
    expect((await ask({ path: '/api/v1/stats', headers: basic })).status).toBe(401);
  });

  it('ends when it is signed out, on every instance, for every copy of its cookie', async () => {
    const { cookie, csrf } = await signIn();
    expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to: other })).status).toBe(200);
    const answer = await ask({ method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf } });
    expect([answer.status, answer.cookie]).toEqual([
      200,
      expect.stringMatching(/^iot_console_[0-9a-f]{8}=; Path=\/; Max-Age=0; /),
    ]);
    expect((await ask({ headers: { cookie } })).status).toBe(401);
    expect((await ask({ path: '/api/v1/stats', headers: { cookie } })).status).toBe(401);
    await waitFor(async () => (await ask({ path: '/api/v1/stats', headers: { cookie }, to: other })).status === 401);
  });

  it('ends within seconds of its key', async () => {
    const { secret, keyId } = await makeKey('short-lived', ['admin']);
    const { cookie } = await signIn(secret);
    const at = (to: Gateway) => ask({ path: '/api/v1/stats', headers: { cookie }, to });
    expect([(await at(gateway)).status, (await at(other)).status]).toEqual([200, 200]);
    await gateway.change('DELETE', `keys/${keyId}`);
    expect((await at(gateway)).status).toBe(401);
    await waitFor(async () => (await at(other)).status === 401, { timeoutMs: 5_000 });
  });

  it('is signed out, and its cookie taken back, although its key was revoked before', async () => {
    const { secret, keyId } = await makeKey('revoked-before', ['read']);
    const { cookie, csrf } = await signIn(secret);
    const kept = async () => (await database.query('select from tbl_iot_console_sessions where key_id = $1', [keyId])).length;
    await gateway.client.keys.revoke(keyId);
    // From an address that is blocked: a session can not be guessed.
    const from = newAddress();
    for (let failed = 0; failed < MAX_FAILURES; failed++) {
      await ask({ path: '/api/v1/stats', headers: { 'x-api-key': `wrong key number ${failed}` }, from });
    }
    expect(refusal(await ask({ method: 'DELETE', headers: { cookie }, from }))).toEqual([403, 'CSRF_TOKEN_INVALID']);
    expect(await kept()).toBe(1);
    const answer = await ask({ method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf }, from });
    expect([answer.status, answer.cookie]).toEqual([200, expect.stringContaining('=; Path=/; Max-Age=0; ')]);
    expect(await kept()).toBe(0);
  });

  it('of which the key was revoked is ended by the next one of the browser', async () => {
    const { secret, keyId } = await makeKey('revoked-and-replaced', ['read']);
    const { cookie } = await signIn(secret);
    await gateway.client.keys.revoke(keyId);
    await signIn(API_KEY, { headers: { cookie } });
    expect(await database.query('select from tbl_iot_console_sessions where key_id = $1', [keyId])).toEqual([]);
  });

  it('ends after 12 hours, and its row with the next session', async () => {
    const { cookie } = await signIn();
    await database.query(`update tbl_iot_console_sessions set expires_at = now() - interval '1 second'`);
    await waitFor(async () => (await ask({ headers: { cookie } })).status === 401);
    expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to: other })).status).toBe(401);
    await signIn();
    expect(await rows()).toBe(1);
  });

  it('ends when its key is not in IOT_API_KEY any more', async () => {
    const { cookie } = await signIn();
    const changed = await Gateway.start(database.url, { IOT_API_KEY: 'another key for tests' });
    expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to: changed })).status).toBe(401);
    await changed.stop();
    const both = await Gateway.start(database.url, { IOT_API_KEY: `another key for tests, ${API_KEY}` });
    expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to: both })).status).toBe(200);
    await both.stop();
  });

  it('with a forged signature is refused, and counts like a wrong key', async () => {
    const { cookie } = await signIn();
    const [name = '', value = ''] = cookie.split('=');
    const [token = ''] = value.split('.');
    const signature = createHmac('sha256', 'a guess').update(Buffer.from(token, 'base64url')).digest('base64url');
    const forged = [`${token}.${signature}`, `${'A'.repeat(43)}.${value.split('.')[1]}`, token];
    const from = newAddress();
    for (const one of forged) {
      expect((await ask({ path: '/api/v1/stats', headers: { cookie: `${name}=${one}` }, from })).status).toBe(401);
    }
    expect((await ask({ path: '/api/v1/stats', headers: { cookie: `${name}=${token}` }, from })).status).toBe(429);
    expect((await ask({ path: '/api/v1/stats', headers: { cookie }, from })).status).toBe(200);
  });
});

it('without the console there is no session, and none that was made before', async () => {
  const { cookie } = await signIn();
  const without = await Gateway.start(database.url, { CONSOLE_ENABLED: 'false' });
  for (const path of ['/', '/console', '/console/', '/console/devices', '/console/session']) {
    expect(refusal(await ask({ path, headers: { cookie }, to: without }))).toEqual([404, 'ROUTE_NOT_FOUND']);
  }
  expect(refusal(await ask({ method: 'POST', body: { key: API_KEY }, to: without }))).toEqual([404, 'ROUTE_NOT_FOUND']);
  expect((await ask({ path: '/api/v1/stats', headers: { cookie }, to: without })).status).toBe(401);
  await without.stop();
});
