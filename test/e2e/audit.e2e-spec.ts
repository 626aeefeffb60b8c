import { request } from 'node:http';
import { FakeDevice } from '../support/fake-device.js';
import { API_KEY, Gateway, type ApiAnswer } from '../support/gateway.js';
import { Exposition } from '../support/exposition.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const REFUSED = { status: 400, body: { success: false, code: 'INVALID_INPUT' } };
const HOST = 'http://127.0.0.1:9';

interface AuditBody {
  readonly entries: { readonly action: string; readonly imei: string | null; readonly details: Record<string, unknown> }[];
}

let database: TestDatabase;
let gateway: Gateway;
let serial = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { NOTIFICATION_URL: HOST, WEBHOOK_EVENTS: 'device.connected' });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

const newImei = (): string => String(357_000_000_000_000 + serial++);

const actionsOf = async (query: string): Promise<string[]> =>
  (await gateway.get<AuditBody>(`audit?${query}`)).body.entries.map(({ action }) => action);

const send = async (method: string, path: string, body?: string): Promise<ApiAnswer> => {
  const response = await fetch(`${gateway.apiUrl}/api/v1/${path}`, {
    method,
    headers: { 'x-api-key': API_KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('text that the database can not hold', () => {
  const imei = newImei();

  it.each([
    ['POST', `registered-devices/${imei}/ban`, String.raw`{"reason":"\ud800"}`],
    ['POST', `registered-devices/${imei}/ban`, String.raw`{"reason":"a\udc00b"}`],
    ['POST', `registered-devices/${imei}/ban`, String.raw`{"reason":"\u0000"}`],
    ['PUT', `registered-devices/${imei}`, String.raw`{"name":"\ud83d"}`],
    ['PUT', `registered-devices/${imei}`, String.raw`{"note":"\ud83dx\ude00"}`],
    ['POST', 'registered-devices', String.raw`{"devices":[{"imei":"${imei}","name":"\udfff"}]}`],
    ['POST', 'keys', String.raw`{"name":"x\ud800","scopes":["read"]}`],
    ['POST', 'command', String.raw`{"imei":"${imei}","command":"getinfo","mode":"queue","metadata":{"a":["\ud800"]}}`],
    ['POST', 'command', String.raw`{"imei":"${imei}","command":"getinfo","mode":"queue","metadata":{"\u0000":1}}`],
    ['POST', 'command', String.raw`{"imei":"${imei}","command":"getinfo","mode":"queue","metadata":{"a":"\ud800","a":1}}`],
    ['GET', 'audit?key=a%00', undefined],
    ['GET', `commands?imei=${imei}&status=%00`, undefined],
    ['GET', `registered-devices/${imei}%00`, undefined],
  ])('is refused: %s %s %s', async (method, path, body) => {
    const answer = await send(method, path, body);
    expect(answer).toMatchObject(REFUSED);
    expect(String(answer.body.error)).toMatch(/^The (body|query|path) must not hold NUL or half of a surrogate pair$/);
    expect(await actionsOf(`imei=${imei}`)).toEqual([]);
    expect((await gateway.get(`registered-devices/${imei}`)).status).toBe(404);
  });

  it.each([
    [String.raw`{"reason":"\ud83d\ude00"}`, '\u{1f600}'],
    ['{"reason":"\u{1f600}"}', '\u{1f600}'],
    [String.raw`{"reason":"\\u0000 \\ud800"}`, String.raw`\u0000 \ud800`],
    [String.raw`{"reason":"\u0001"}`, '\u0001'],
  ])('is not a pair, or an escaped backslash: %s', async (body, reason) => {
    const banned = newImei();
    expect((await send('POST', `registered-devices/${banned}/ban`, body)).status).toBe(200);
    const { entries } = (await gateway.get<AuditBody>(`audit?imei=${banned}`)).body;
    expect(entries).toMatchObject([{ action: 'device.banned', details: { reason } }]);
  });
});

/** Everything that the audit has, each with what it must leave behind when its entry can not be written. */
interface Action {
  readonly name: string;
  readonly prepare?: () => Promise<void>;
  readonly act: () => Promise<ApiAnswer>;
  /** Shows whether it was done. */
  readonly trace: () => Promise<unknown>;
}

function actions(imei: string): Action[] {
  const device = async (): Promise<unknown> => (await gateway.get(`registered-devices/${imei}`)).body.device ?? null;
  const register = async (): Promise<void> => void (await gateway.change('PUT', `registered-devices/${imei}`, { name: 'Van' }));
  const traced = async (): Promise<unknown> => (await gateway.get<{ trace: object }>(`log/devices/${imei}`)).body.trace;
  const commands = async (): Promise<unknown> => (await gateway.get(`commands?imei=${imei}`)).body.commands;
  const deliveries = (): Promise<unknown> =>
    database.query(`select event_id::text, alone, next_attempt_at::text from tbl_iot_deliveries order by event_id`);
  const keys = async (): Promise<unknown> =>
    (await gateway.get<{ keys: { revokedAt: unknown; name: string }[] }>('keys')).body.keys;
  const firstEvent = async (): Promise<string> => {
    const { body } = await gateway.get<{ events: { eventId: string }[] }>('webhooks/events?limit=1');
    return body.events[0]?.eventId ?? '';
  };
  const command = { imei, command: 'getinfo', mode: 'queue' };
  let keyId = '';
  let commandLogId = '';
  return [
    { name: 'device.registered', act: () => gateway.change('PUT', `registered-devices/${imei}`, { name: 'x' }), trace: device },
    { name: 'device.registered', act: () => gateway.post('registered-devices', { devices: [{ imei }] }), trace: device },
    { name: 'device.banned', act: () => gateway.post(`registered-devices/${imei}/ban`, {}), trace: device },
    {
      name: 'device.unbanned',
      prepare: register,
      act: () => gateway.post(`registered-devices/${imei}/unban`, {}),
      trace: device,
    },
    { name: 'device.removed', act: () => gateway.change('DELETE', `registered-devices/${imei}`), trace: device },
    { name: 'device.traced', act: () => gateway.change('PUT', `log/devices/${imei}`, { ttlSeconds: 60 }), trace: traced },
    {
      name: 'device.untraced',
      prepare: async () => void (await gateway.change('PUT', `log/devices/${imei}`, { ttlSeconds: 3_600 })),
      act: () => gateway.change('DELETE', `log/devices/${imei}`),
      trace: traced,
    },
    { name: 'command.created', act: () => gateway.post('command', command), trace: commands },
    {
      name: 'command.cancelled',
      prepare: async () => void (commandLogId = String((await gateway.post('command', command)).body.commandLogId)),
      act: () => gateway.post(`commands/${commandLogId}/cancel`, {}),
      trace: commands,
    },
    { name: 'key.created', act: () => gateway.post('keys', { name: `key-${imei}`, scopes: ['read'] }), trace: keys },
    {
      name: 'key.revoked',
      prepare: async () => {
        const made = await gateway.post<{ key: { keyId: string } }>('keys', { name: `old-${imei}`, scopes: ['read'] });
        keyId = made.body.key.keyId;
      },
      act: () => gateway.change('DELETE', `keys/${keyId}`),
      trace: keys,
    },
    {
      name: 'webhook.replayed',
      prepare: async () =>
        void (await database.query(`update tbl_iot_deliveries set next_attempt_at = now() + interval '1 hour'`)),
      act: async () => gateway.post(`webhooks/events/${await firstEvent()}/replay`, {}),
      trace: deliveries,
    },
    {
      name: 'webhook.replayed',
      prepare: async () => {
        await database.query('delete from tbl_iot_deliveries');
        await database.query('update tbl_iot_events set dead_at = now()');
      },
      act: () => gateway.post('webhooks/replay', {}),
      trace: deliveries,
    },
  ];
}

describe('an action whose audit entry can not be written', () => {
  beforeAll(async () => {
    await database.query(
      `create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no entry'; end $$`,
    );
    const device = await FakeDevice.logIn(gateway.devicePort, newImei());
    device.close();
    await waitFor(async () => (await gateway.get<{ count: number }>('webhooks/events')).body.count > 0, { what: 'an event' });
  });

  it.each(actions(newImei()).map((action, index) => [`${index} ${action.name}`, action] as const))(
    'is not done: %s',
    async (_name, { name, prepare, act, trace }) => {
      await prepare?.();
      const before = await trace();
      await database.query(
        `create trigger refuse_entry before insert on tbl_iot_audit for each row when (new.action = '${name}') execute function refuse_entry()`,
      );
      const failed = await act();
      await database.query('drop trigger refuse_entry on tbl_iot_audit');
      expect([name, failed.status]).toEqual([name, 500]);
      expect(await trace()).toEqual(before);
      const entries = (await actionsOf(`action=${name}`)).length;
      const done = await act();
      expect([name, done.status < 300, done.body.success]).toEqual([name, true, true]);
      expect(await trace()).not.toEqual(before);
      expect(await actionsOf(`action=${name}`)).toHaveLength(entries + 1);
    },
  );

  it('is not done while the database is read-only, even where it needs no row', async () => {
    const imei = newImei();
    const [{ name }] = (await database.query<{ name: string }>('select current_database() as name')) as [{ name: string }];
    await database.query(`alter database "${name}" set default_transaction_read_only = on`);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await waitFor(
      async () => {
        const { status, body } = await gateway.change('PUT', `log/devices/${imei}`, { ttlSeconds: 60 });
        expect([status, body.success]).not.toEqual([200, true]);
        return String(body.code) === 'DATABASE_UNAVAILABLE' || status === 500;
      },
      { what: 'the refusal' },
    );
    expect(await gateway.get(`log/devices/${imei}`)).toMatchObject({ body: { trace: { traced: false } } });
    await database.query('set default_transaction_read_only = off');
    await database.query(`alter database "${name}" reset default_transaction_read_only`);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await waitFor(async () => (await gateway.change('PUT', `log/devices/${imei}`, {})).status === 200, {
      what: 'the database',
      timeoutMs: 30_000,
    });
    expect(await actionsOf(`imei=${imei}`)).toEqual(['device.traced']);
  });
});

describe('an entry about something that can not be undone', () => {
  it('is counted and logged when it can not be written', async () => {
    const limited = await Gateway.start(database.url, { API_AUTH_FAILURES_PER_ADDRESS: '1' });
    await database.query(
      `create trigger refuse_entry before insert on tbl_iot_audit for each row execute function refuse_entry()`,
    );
    expect(await lostEntries(limited)).toBe(0);
    await new Promise<void>((resolve, reject) => {
      const { port } = new URL(limited.apiUrl);
      request({ port, host: '127.0.0.1', localAddress: '127.0.0.7', path: '/api/v1/stats', headers: { 'x-api-key': 'wrong' } })
        .on('response', (response) => resolve(void response.resume()))
        .on('error', reject)
        .end();
    });
    await waitFor(async () => (await lostEntries(limited)) === 1, { what: 'the lost entry' });
    await limited.process.waitForLine(/Not in the audit: .*127\.0\.0\.7.*api\.address-blocked/);
    await database.query('drop trigger refuse_entry on tbl_iot_audit');
    await limited.stop();
  });

  const lostEntries = async (instance: Gateway): Promise<number | null> => {
    const response = await fetch(`${instance.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
    return new Exposition(await response.text()).value('iot_broker_audit_entries_lost_total');
  };
});
