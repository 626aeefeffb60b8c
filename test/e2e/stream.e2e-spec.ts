import { EventWriter } from '../support/event-writer.js';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { SseClient, type SseMessage, type SseOptions } from '../support/sse-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const DEVICES = ['350612000000001', '350612000000002', '350612000000003'] as const;
const [FIRST, SECOND, THIRD] = DEVICES;

interface Feed {
  readonly events: { readonly eventId: string; readonly type: string; readonly body: object }[];
  readonly nextCursor: string;
}

let database: TestDatabase;
let gateway: Gateway;
let writer: EventWriter;
let clients: SseClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, {
    EVENT_FEED_ENABLED: 'true',
    STREAM_MAX_CONNECTIONS: '6',
    STREAM_MAX_CONNECTIONS_PER_KEY: '4',
  });
  writer = await EventWriter.open(database.url);
});

afterEach(async () => {
  clients.forEach((client) => client.close());
  clients = [];
  await waitFor(async () => (await metric('iot_broker_streams_open')) === 0, { what: 'all streams to be closed' });
});

afterAll(async () => {
  await writer.close();
  await gateway.stop();
  await database.drop();
});

async function metric(name: string, labels?: Record<string, string>): Promise<number | null> {
  const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await scrape.text()).value(name, labels);
}

/** A stream without a cursor has no event of before this call. */
async function open(query = '', { headers, ...options }: SseOptions = {}): Promise<SseClient> {
  await database.settled();
  const client = await SseClient.open(`${gateway.apiUrl}/api/v1/stream${query}`, {
    headers: { 'x-api-key': API_KEY, ...headers },
    ...options,
  });
  clients.push(client);
  return client;
}

async function refusal(query = '', options: SseOptions = {}): Promise<{ status: number; code: string }> {
  const client = await open(query, options);
  await client.ended();
  return { status: client.status, code: (JSON.parse(client.text) as { code: string }).code };
}

function numbers(messages: readonly SseMessage[]): number[] {
  return messages.map(({ data }) => (JSON.parse(data) as { number: number }).number);
}

async function endOfFeed(): Promise<string> {
  await database.settled();
  let cursor = '0_0';
  for (;;) {
    const { body } = await gateway.get<Feed & { hasMore: boolean }>(`events?limit=1000&after=${cursor}`);
    cursor = body.nextCursor;
    if (!body.hasMore) {
      return cursor;
    }
  }
}

describe('a stream', () => {
  it('sends what a device does as it happens: the type, the JSON of the feed, its cursor as id, and the position', async () => {
    const client = await open();
    expect(client.status).toBe(200);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(client.response.headers['x-request-id']).toMatch(/.{8}/);
    expect(client.response.headers['content-encoding']).toBeUndefined();

    const device = await FakeDevice.logIn(gateway.devicePort, FIRST);
    expect(
      await device.exchange(
        recordsFrame([{ timestampMs: Date.now(), latitude: 546_872_000, longitude: 252_797_000, speed: 42 }]),
      ),
    ).toBe(1);
    const messages = await client.received(2);
    expect(messages.map(({ event }) => event)).toEqual(['device.connected', 'telemetry']);
    const telemetry = JSON.parse(messages[1]!.data) as Record<string, unknown>;
    expect(telemetry).toMatchObject({
      imei: FIRST,
      type: 'telemetry',
      recordCount: 1,
      latestGps: {
        latitude: expect.any(Number) as number,
        longitude: expect.any(Number) as number,
        speed: expect.any(Number) as number,
      },
      latestAttributes: expect.any(Object) as object,
    });
    const { body: feed } = await gateway.get<Feed>('events');
    expect(messages.map(({ data }) => JSON.parse(data) as object)).toEqual(feed.events.slice(0, 2).map(({ body }) => body));
    const { body: next } = await gateway.get<Feed>(`events?after=${messages[0]!.id}&limit=1`);
    expect(next).toMatchObject({ events: [{ eventId: telemetry.eventId }], nextCursor: messages[1]!.id });
    device.close();
    // The tests behind this one count events: the last one of this device must be written before they begin.
    const [, , disconnected] = await client.received(3);
    expect(disconnected?.event).toBe('device.disconnected');
  });

  it('says at its beginning where to resume, and how long to wait before', async () => {
    const client = await open();
    await waitFor(() => client.lastEventId !== '' && client.retries.length > 0, { what: 'the first id and the wait' });
    expect(client.retries).toEqual([2000]);
    const { number } = await writer.append(FIRST);
    client.close();
    const resumed = await open('', { lastEventId: client.lastEventId });
    expect(numbers(await resumed.received(1))).toEqual([number]);
  });

  it('sends the events of the given devices and types only', async () => {
    const all = await open();
    const ofTwo = await open(`?imei=${FIRST},${SECOND}`);
    const ofOne = await open(`?imei=${FIRST}&imei=${THIRD}&type=command.failed&type=device.message`);
    const completed = await open('?type=command.completed');
    const types = ['command.completed', 'command.failed', 'device.message'];
    const sent: { imei: string; type: string; number: number }[] = [];
    for (const imei of DEVICES) {
      for (const type of types) {
        sent.push({ imei, type, number: (await writer.append(imei, { type })).number });
      }
    }
    const expected = (passes: (event: { imei: string; type: string }) => boolean) =>
      sent.filter(passes).map(({ number }) => number);
    const end = await writer.append(FIRST, { type: 'command.completed' });
    expect(numbers(await all.received(10))).toEqual([...sent.map(({ number }) => number), end.number]);
    expect(numbers(await completed.received(4))).toEqual([...expected(({ type }) => type === 'command.completed'), end.number]);
    expect(numbers(await ofTwo.received(7))).toEqual([...expected(({ imei }) => imei !== THIRD), end.number]);
    expect(numbers(await ofOne.received(4))).toEqual(
      expected(({ imei, type }) => imei !== SECOND && type !== 'command.completed'),
    );
  });

  it('passes metadata on as the host has sent it, with its line ends', async () => {
    const client = await open();
    const body = '{"imei":"350612000000001",\r\n "metadata": {"order":\n12345678901234567890}\r}';
    await database.query(
      `insert into tbl_iot_events (imei, sequence, type, body) values ($1, 1000000, 'command.completed', $2::json)`,
      [FIRST, body],
    );
    const [message] = await client.received(1);
    expect(message?.data).toMatch(
      /^\{"imei":"350612000000001",\n "metadata": \{"order":\n12345678901234567890\}\n,"eventId":"evt_/,
    );
    expect(() => JSON.parse(message!.data) as unknown).not.toThrow();
  });

  it('begins where the request says: now, behind a cursor, from the oldest event; Last-Event-ID wins', async () => {
    const cursor = await endOfFeed();
    const [one, two] = [await writer.append(FIRST), await writer.append(FIRST)];
    const behind = await open(`?after=${cursor}`);
    const [first] = await behind.received(2);
    expect(numbers(behind.messages)).toEqual([one.number, two.number]);
    const resumed = await open(`?after=${cursor}&from=cursor`, { lastEventId: first!.id });
    expect(numbers(await resumed.received(1))).toEqual([two.number]);
    const now = await open('?from=now', { lastEventId: '' });
    const three = await writer.append(FIRST);
    expect(numbers(await now.received(1))).toEqual([three.number]);
    const { body } = await gateway.get<Feed>('events?limit=1000');
    const oldest = await open('?from=cursor');
    const messages = await oldest.received(body.events.length);
    expect(messages.map(({ data }) => (JSON.parse(data) as { eventId: string }).eventId)).toEqual(
      body.events.map(({ eventId }) => eventId),
    );
  });

  it('sends a heartbeat every 15 seconds, which moves the place to resume at past events that the filter leaves out', async () => {
    const client = await open(`?imei=${SECOND}`);
    const openedAt = performance.now();
    await waitFor(() => client.lastEventId !== '', { what: 'the first id' });
    const start = client.lastEventId;
    await writer.append(FIRST);
    await waitFor(() => client.comments.length > 0, { timeoutMs: 25_000, what: 'a heartbeat' });
    const afterMs = performance.now() - openedAt;
    expect([afterMs > 10_000, afterMs < 20_000]).toEqual([true, true]);
    await waitFor(() => client.lastEventId !== start, { what: 'the id of the heartbeat' });
    expect(client.lastEventId).toBe(await endOfFeed());
    expect(client.messages).toEqual([]);
    client.close();
    const { number } = await writer.append(SECOND);
    const resumed = await open(`?imei=${SECOND}`, { lastEventId: client.lastEventId });
    expect(numbers(await resumed.received(1))).toEqual([number]);
  }, 60_000);
});

describe('a request for a stream', () => {
  it.each([
    ['?imei=1', {}],
    [`?imei=${FIRST},x`, {}],
    ['?type=nonsense', {}],
    ['?from=yesterday', {}],
    ['?after=nonsense', {}],
    ['?after=1_1&from=now', {}],
    ['?nonsense=1', {}],
    ['', { lastEventId: 'nonsense' }],
  ])('%s %j is refused with 400', async (query, options) => {
    expect(await refusal(query, options)).toEqual({ status: 400, code: 'INVALID_INPUT' });
  });

  it('is refused with 400 for more than 500 devices', async () => {
    const devices = Array.from({ length: 501 }, (_each, index) => 350_612_000_000_000 + index);
    expect((await open(`?imei=${devices.slice(1).join(',')}`)).status).toBe(200);
    expect(await refusal(`?imei=${devices.join(',')}`)).toEqual({ status: 400, code: 'INVALID_INPUT' });
  });

  it('is refused without a key, and with one that can not read', async () => {
    expect(await refusal('', { headers: { 'x-api-key': 'no key of anyone' } })).toEqual({ status: 401, code: 'UNAUTHORIZED' });
    const { body } = await gateway.post<{ secret: string }>('keys', { name: 'only-commands', scopes: ['command'] });
    expect(await refusal('', { headers: { 'x-api-key': body.secret } })).toEqual({ status: 403, code: 'FORBIDDEN_SCOPE' });
  });

  it('is answered 429 beyond the limits for a key and for the instance, until a stream has ended', async () => {
    const { body } = await gateway.post<{ secret: string }>('keys', { name: 'another-reader', scopes: ['read'] });
    const another = { headers: { 'x-api-key': body.secret } };
    const opened = await Promise.all([open(), open(), open(), open()]);
    expect(opened.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const refused = await open();
    await refused.ended();
    expect([refused.status, refused.response.headers['retry-after']]).toEqual([429, '5']);
    expect(JSON.parse(refused.text)).toMatchObject({ success: false, code: 'TOO_MANY_STREAMS' });
    expect([(await open('', another)).status, (await open('', another)).status]).toEqual([200, 200]);
    expect(await refusal('', another)).toEqual({ status: 429, code: 'TOO_MANY_STREAMS' });
    expect(await metric('iot_broker_streams_refused_total', { limit: 'key' })).toBe(1);
    expect(await metric('iot_broker_streams_refused_total', { limit: 'instance' })).toBe(1);
    opened[0].close();
    await waitFor(async () => (await open('', another)).status === 200, { what: 'a place to be free' });
  });

  it('behind whose cursor events have been deleted is answered 410, by the feed too', async () => {
    const cursor = await endOfFeed();
    await writer.append(THIRD);
    await writer.append(THIRD);
    await database.settled();
    const { body } = await gateway.get<Feed>(`events?after=${cursor}`);
    await database.query(
      `insert into tbl_iot_event_retention (transaction_id, position) values ($1::xid8, $2)`,
      body.nextCursor.split('_'),
    );
    try {
      // The tail may hold these events; it holds none from before its start.
      expect(await refusal('?after=1_1')).toEqual({ status: 410, code: 'CURSOR_EXPIRED' });
      expect(await gateway.get(`events?after=${cursor}`)).toMatchObject({ status: 410, body: { code: 'CURSOR_EXPIRED' } });
      const client = await open(`?after=${body.nextCursor}`);
      expect(client.status).toBe(200);
    } finally {
      await database.query('delete from tbl_iot_event_retention');
    }
  });

  it('is answered to HEAD with the headers alone', async () => {
    const response = await fetch(`${gateway.apiUrl}/api/v1/stream`, { method: 'HEAD', headers: { 'x-api-key': API_KEY } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });
});

describe('streams on other gateways', () => {
  it('are refused where no events are recorded, and where none may be open', async () => {
    const silent = await Gateway.start(database.url, { STREAM_MAX_CONNECTIONS: '0' });
    const none = await Gateway.start(database.url, { STREAM_MAX_CONNECTIONS: '0', EVENT_FEED_ENABLED: 'true' });
    expect(await silent.get('stream')).toMatchObject({ status: 409, body: { code: 'EVENTS_NOT_RECORDED' } });
    expect(await none.get('stream')).toMatchObject({ status: 429, body: { code: 'TOO_MANY_STREAMS' } });
    await Promise.all([silent.stop(), none.stop()]);
  });

  it('can be read by the pages of the named origins', async () => {
    const other = await Gateway.start(database.url, { EVENT_FEED_ENABLED: 'true', CORS_ORIGINS: 'https://map.example' });
    const url = `${other.apiUrl}/api/v1/stream`;
    const client = await SseClient.open(url, { headers: { 'x-api-key': API_KEY, origin: 'https://map.example' } });
    expect(client.response.headers['access-control-allow-origin']).toBe('https://map.example');
    client.close();
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://map.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'last-event-id,x-api-key',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('last-event-id');
    await other.stop();
  });
});

it('that begins now has the records that arrive from now on, also of a device whose event grew before and was read by none', async () => {
  const own = await createTestDatabase();
  const other = await Gateway.start(own.url, { EVENT_FEED_ENABLED: 'true', TELEMETRY_EVENT_INTERVAL: '0.2' });
  const device = await FakeDevice.logIn(other.devicePort, FIRST);
  const send = async (): Promise<void> => {
    expect(await device.exchange(recordsFrame([{ timestampMs: Date.now() }]))).toBe(1);
  };
  const openEvents = (): Promise<{ record_count: number }[]> =>
    own.query('select record_count from tbl_iot_events where is_open');
  await send();
  await waitFor(async () => (await openEvents()).length === 1, { what: 'an open event' });
  await send();
  await waitFor(async () => (await openEvents())[0]?.record_count === 2, { what: 'both records in it' });
  await own.settled();

  const client = await SseClient.open(`${other.apiUrl}/api/v1/stream?type=telemetry`, { headers: { 'x-api-key': API_KEY } });
  await waitFor(() => client.lastEventId !== '', { what: 'the beginning of the stream' });
  await send();
  const [message] = await client.received(1);
  expect(JSON.parse(message!.data)).toMatchObject({ imei: FIRST, type: 'telemetry', recordCount: 1 });
  const { body: feed } = await other.get<Feed>('events');
  expect(feed.events.map(({ type, body }) => [type, (body as { recordCount?: number }).recordCount])).toEqual([
    ['device.connected', undefined],
    ['telemetry', 2],
    ['telemetry', 1],
  ]);
  client.close();
  device.close();
  await other.stop();
  await own.drop();
}, 60_000);
