import { request } from 'node:http';
import { API_KEY, Gateway } from '../support/gateway.js';
import { Exposition } from '../support/exposition.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const MAX_FAILURES = 4;
const PROXY = '127.0.0.9';
const WRONG = 'a wrong key, as long as you like';
const BLOCKED = {
  success: false,
  error: 'Too many failed authentications from this address: wait as long as Retry-After says',
  code: 'TOO_MANY_AUTH_FAILURES',
};

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly retryAfter: number;
}

interface Ask {
  readonly key?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly to?: Gateway;
}

let database: TestDatabase;
/** Blocks for as long as the tests run. */
let gateway: Gateway;
/** Blocks for a second, and has its metrics on a port of their own. */
let brief: Gateway;
let addresses = 10;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = {
    API_AUTH_FAILURES_PER_ADDRESS: String(MAX_FAILURES),
    API_TRUSTED_PROXIES: `${PROXY}, ::1`,
    LOG_LINES_PER_PEER: '1000',
  };
  [gateway, brief] = await Promise.all([
    Gateway.start(database.url, { ...env, API_AUTH_FAILURE_WINDOW_SECONDS: '600' }),
    Gateway.start(database.url, { ...env, API_AUTH_FAILURE_WINDOW_SECONDS: '1', METRICS_PORT: '0' }),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), brief.stop()]);
  await database.drop();
});

const newAddress = (): string => `127.0.1.${addresses++}`;

/** A request from an address of this machine's 127.0.0.0/8. */
function ask(
  from: string,
  { key, path = '/api/v1/stats', method = 'GET', headers = {}, to = gateway }: Ask = {},
): Promise<Answer> {
  const { port } = new URL(to.apiUrl);
  const sent = { ...headers, ...(key === undefined ? {} : { 'x-api-key': key }) };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers: sent, localAddress: from, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = text !== '' && (response.headers['content-type']?.startsWith('application/json') ?? false);
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text },
            retryAfter: Number(response.headers['retry-after']),
          });
        });
      },
    );
    asked.on('error', reject).end();
  });
}

/** Fails as often as an address may. */
async function useUp(from: string, how: Ask = {}): Promise<void> {
  for (let failure = 0; failure < MAX_FAILURES; failure++) {
    expect((await ask(from, { key: `${WRONG} ${failure}`, ...how })).status).toBe(401);
  }
}

async function blockedEntries(): Promise<{ remoteAddress: string; details: object; keyName: string }[]> {
  const { body } = await gateway.get<{ entries: { remoteAddress: string; details: object; keyName: string }[] }>(
    'audit?action=api.address-blocked',
  );
  return body.entries;
}

describe('an address that sends wrong keys', () => {
  it('is answered 401 up to the limit, and beyond it 429 for a right key too', async () => {
    const from = newAddress();
    await useUp(from);
    for (const key of [WRONG, API_KEY, `iot_${'A'.repeat(43)}`, undefined]) {
      const { status, body, retryAfter } = await ask(from, key === undefined ? {} : { key });
      expect([key, status, body]).toEqual([key, 429, BLOCKED]);
      expect(retryAfter).toBeGreaterThan(500);
      expect(retryAfter).toBeLessThanOrEqual(600);
    }
    expect((await ask(newAddress(), { key: API_KEY })).status).toBe(200);
  });

  it('one failure below the limit can still use a right key', async () => {
    const from = newAddress();
    for (let failure = 0; failure < MAX_FAILURES - 1; failure++) {
      await ask(from, { key: WRONG });
    }
    expect((await ask(from, { key: API_KEY })).status).toBe(200);
  });

  it.each([
    ['/metrics', 'GET'],
    ['/api/v1/nothing', 'GET'],
    ['/%61pi/v1/nothing/at/all', 'GET'],
    ['/api/v1/command', 'POST'],
    ['/api/v1/stats', 'DELETE'],
    ['/api/v1/devices', 'HEAD'],
  ])('is limited on every route: %s with %s', async (path, method) => {
    const from = newAddress();
    await useUp(from, { path, method });
    expect((await ask(from, { path, method, key: API_KEY })).status).toBe(429);
    expect((await ask(from, { key: API_KEY })).status).toBe(429);
    expect((await ask(from, { path: '/healthz' })).status).toBe(200);
  });

  it('gets no further by sending all guesses at the same moment', async () => {
    const from = newAddress();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(from, { key: `iot_${String(index).padStart(43, 'x')}` })),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(MAX_FAILURES);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(50 - MAX_FAILURES);
  });

  it('does not lock out a key that was accepted from there, whatever it sends', async () => {
    const from = newAddress();
    expect((await ask(from, { key: API_KEY })).status).toBe(200);
    await useUp(from);
    expect((await ask(from, { key: WRONG })).status).toBe(429);
    expect((await ask(from, { key: API_KEY })).status).toBe(200);
  });

  it('does not keep a key usable that is revoked meanwhile', async () => {
    const from = newAddress();
    const made = await gateway.post<{ key: { keyId: string }; secret: string }>('keys', { name: 'leaver', scopes: ['read'] });
    const { key, secret } = made.body;
    expect((await ask(from, { key: secret })).status).toBe(200);
    await useUp(from);
    expect((await ask(from, { key: secret })).status).toBe(200);
    await gateway.change('DELETE', `keys/${key.keyId}`);
    expect((await ask(from, { key: secret })).status).toBe(401);
    expect((await ask(from, { key: secret })).status).toBe(429);
  });

  it('is served again when its window is over', async () => {
    const from = newAddress();
    await waitFor(
      async () => {
        const { status, retryAfter } = await ask(from, { key: WRONG, to: brief });
        return status === 429 && retryAfter === 1;
      },
      { what: 'a refusal' },
    );
    await waitFor(async () => (await ask(from, { key: API_KEY, to: brief })).status === 200, { what: 'the next window' });
  });

  it('is in the log, in the audit and in the metrics, once', async () => {
    const before = new Exposition(String((await ask('127.0.0.1', { path: '/metrics', key: API_KEY })).body.text));
    const from = newAddress();
    await useUp(from);
    await ask(from, { key: API_KEY });
    await ask(from, { key: WRONG });
    const entries = await waitFor(
      async () => {
        const found = (await blockedEntries()).filter(({ remoteAddress }) => remoteAddress === from);
        return found.length > 0 && found;
      },
      { what: 'the entry' },
    );
    expect(entries).toMatchObject([{ keyName: 'gateway', details: { failures: MAX_FAILURES, windowSeconds: 600 } }]);
    const lines = gateway.process.lines.filter((line) => line.includes(`failed authentications from ${from} `));
    expect(lines).toHaveLength(1);
    const after = new Exposition(String((await ask('127.0.0.1', { path: '/metrics', key: API_KEY })).body.text));
    const grown = (name: string, labels = {}): number => (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
    expect(grown('iot_broker_api_auth_failures_total', { status: '401', reason: 'unknown_key' })).toBe(MAX_FAILURES);
    expect(grown('iot_broker_api_auth_failures_total', { status: '429', reason: 'address_blocked' })).toBe(2);
    expect(grown('iot_broker_api_addresses_blocked_total')).toBe(1);
  });
});

describe('addresses that send wrong keys one after the other', () => {
  it('write no more log lines together than LOG_LINES_PER_PEER in a minute', async () => {
    const lines = 3;
    const quiet = await Gateway.start(database.url, { API_AUTH_FAILURES_PER_ADDRESS: '1', LOG_LINES_PER_PEER: String(lines) });
    try {
      for (let address = 0; address < 4 * lines; address++) {
        expect((await ask(newAddress(), { key: WRONG, to: quiet })).status).toBe(401);
      }
      const exposition = String((await ask(newAddress(), { path: '/metrics', key: API_KEY, to: quiet })).body.text);
      expect(new Exposition(exposition).value('iot_broker_api_addresses_blocked_total')).toBe(4 * lines);
      expect(quiet.process.lines.filter((line) => line.includes('failed authentications from'))).toHaveLength(lines);
    } finally {
      await quiet.stop();
    }
  });
});

describe('requests without a key', () => {
  it('are not counted as guesses: however many come, a right key from there works', async () => {
    const from = newAddress();
    for (let asked = 0; asked < 3 * MAX_FAILURES; asked++) {
      expect((await ask(from)).status).toBe(401);
    }
    expect((await ask(from, { key: API_KEY })).status).toBe(200);
  });

  it.each([
    ['is not JSON', 'application/json', '{'],
    ['is too large', 'application/json', JSON.stringify({ text: 'x'.repeat(1_048_577) })],
    ['is a form', 'application/x-www-form-urlencoded', 'imei=1'],
    ['names unknown fields', 'application/json', '{"unknown":1}'],
  ])('are refused before their body is read, also when it %s', async (_what, contentType, body) => {
    const send = async (key: string): Promise<number> => {
      const headers = { 'content-type': contentType, ...(key === '' ? {} : { 'x-api-key': key }) };
      const answer = await fetch(`${gateway.apiUrl}/api/v1/command`, { method: 'POST', headers, body });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await send('')).toBe(401);
    expect([400, 413, 415]).toContain(await send(API_KEY));
  });

  it('are refused below /api/v1 also where there is no route', async () => {
    expect(await ask(newAddress(), { path: '/api/v1/nothing' })).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
    const known = await ask(newAddress(), { path: '/api/v1/nothing', key: API_KEY });
    expect(known).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
    expect((await ask(newAddress(), { path: '/nothing' })).status).toBe(404);
  });
});

describe('/metrics at the port of the API while METRICS_PORT is set', () => {
  it('answers every key alike, and counts none of them', async () => {
    const from = newAddress();
    const answers = [];
    for (const key of [undefined, API_KEY, ...Array.from({ length: 2 * MAX_FAILURES }, () => WRONG), API_KEY]) {
      answers.push(await ask(from, { path: '/metrics', to: brief, ...(key === undefined ? {} : { key }) }));
    }
    const [first] = answers;
    expect(first).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
    expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify(first))).toBe(true);
  });
});

describe('a client behind a proxy of API_TRUSTED_PROXIES', () => {
  const behind = (forwardedFor: string, how: Ask = {}): Promise<Answer> =>
    ask(PROXY, { ...how, headers: { 'x-forwarded-for': forwardedFor } });

  const seenAs = async (from: string, forwardedFor: string): Promise<unknown> => {
    const imei = '356307042441077';
    await ask(from, {
      path: `/api/v1/registered-devices/${imei}/ban`,
      method: 'POST',
      key: API_KEY,
      headers: { 'x-forwarded-for': forwardedFor },
    });
    const { body } = await gateway.get<{ entries: { remoteAddress: string }[] }>(`audit?imei=${imei}&limit=1`);
    return body.entries[0]?.remoteAddress;
  };

  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['203.0.113.5, 198.51.100.7', '198.51.100.7'],
    [`198.51.100.7, ${PROXY}`, '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    [`198.51.100.7, ::ffff:${PROXY}`, '198.51.100.7'],
    ['198.51.100.7:40123', '198.51.100.7'],
    ['[2001:DB8:0::7]:40123', '2001:db8::7'],
    ['198.51.100.7, not an address', PROXY],
    ['198.51.100.7,', PROXY],
    ['', PROXY],
  ])('is in the audit: "%s" is %s', async (forwardedFor, address) => {
    expect(await seenAs(PROXY, forwardedFor)).toBe(address);
  });

  it('is not believed about addresses from anywhere else', async () => {
    const from = newAddress();
    expect(await seenAs(from, '198.51.100.7')).toBe(from);
    const forger = newAddress();
    await useUp(forger, { headers: { 'x-forwarded-for': '198.51.100.8' } });
    expect((await ask(forger, { key: API_KEY, headers: { 'x-forwarded-for': '198.51.100.9' } })).status).toBe(429);
    expect((await behind('198.51.100.8', { key: API_KEY })).status).toBe(200);
  });

  it('is counted by its own address, of IPv6 by its /64 network', async () => {
    for (let failure = 0; failure < MAX_FAILURES; failure++) {
      expect((await behind(`2001:db8:1:2:${failure}::1`, { key: WRONG })).status).toBe(401);
    }
    expect((await behind('2001:db8:1:2:ffff::9', { key: API_KEY })).status).toBe(429);
    expect((await behind('2001:db8:1:3::1', { key: API_KEY })).status).toBe(200);
    expect((await behind('198.51.100.55', { key: API_KEY })).status).toBe(200);
  });
});
