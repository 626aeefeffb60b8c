import { get } from 'node:http';
import { Client } from 'pg';
import { type FeedEvent } from '../../client/src/index.js';
import { EventWriter } from '../support/event-writer.js';
import { Exposition } from '../support/exposition.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { SseClient } from '../support/sse-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '350612000000001';
const ENDED_WITHIN_MS = 5_000;

let database: TestDatabase;
let gateway: Gateway;
let writer: EventWriter;
let clients: SseClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { EVENT_FEED_ENABLED: 'true' });
  writer = await EventWriter.open(database.url);
});

afterEach(() => {
  clients.forEach((client) => client.close());
  clients = [];
});

afterAll(async () => {
  await writer.close();
  await gateway.stop();
  await database.drop();
});

async function open(query = '', headers: Record<string, string> = { 'x-api-key': API_KEY }): Promise<SseClient> {
  const client = await SseClient.open(`${gateway.apiUrl}/api/v1/stream${query}`, { headers });
  clients.push(client);
  return client;
}

async function scrape(): Promise<Exposition> {
  const answer = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await answer.text());
}

const streamsOpen = async (): Promise<number | null> => (await scrape()).value('iot_broker_streams_open');

async function statementsThatWait(): Promise<number> {
  const [found] = await database.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return found!.count;
}

/** The whole feed, one event with each request, once all that is committed can be read. */
async function feedFrom(after?: string): Promise<FeedEvent[]> {
  const hidden = 'select from tbl_iot_events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())';
  await waitFor(async () => (await database.query(hidden)).length === 0, { what: 'all events to be readable' });
  return gateway.client.events.list({ limit: 1, ...(after === undefined ? {} : { after }) }).all();
}

/** While the work runs, nothing can read the mark of retention, which is read before a stream opens behind a cursor. */
async function whileOpeningIsHeld(work: () => Promise<void>): Promise<void> {
  const holder = new Client(database.url);
  await holder.connect();
  try {
    await holder.query('begin; lock table tbl_iot_event_retention in access exclusive mode');
    await work();
  } finally {
    await holder.end();
  }
}

it('a stream whose client is gone before it opens gives its place back', async () => {
  await whileOpeningIsHeld(async () => {
    const request = get(`${gateway.apiUrl}/api/v1/stream?after=1_1`, { headers: { 'x-api-key': API_KEY }, agent: false });
    request.on('error', () => undefined);
    await waitFor(async () => (await statementsThatWait()) > 0, { what: 'the stream to be held' });
    request.destroy();
    // Another connection, whose request is handled behind the end of the first.
    expect(await streamsOpen()).toBe(1);
  });
  await waitFor(async () => (await statementsThatWait()) === 0, { what: 'the stream to go on' });
  await waitFor(async () => (await streamsOpen()) === 0, { what: 'the place to be free' });
});

it('the time for which a stream was open is not one to answer a request: it has a metric of its own', async () => {
  const answers = { route: '/api/v1/stream', method: 'GET' };
  const answered = async () => (await scrape()).value('iot_broker_http_requests_total', answers) ?? 0;
  const counts = async () => {
    const samples = await scrape();
    const count = (name: string, labels = {}) => samples.value(`${name}_count`, labels) ?? 0;
    return [count('iot_broker_http_request_seconds', answers), count('iot_broker_stream_seconds')] as const;
  };
  const [[timed, lasted], before] = [await counts(), await answered()];
  expect((await open('?after=no-cursor')).status).toBe(400);
  const { key, secret } = await gateway.client.keys.create({ name: 'to-be-revoked', scopes: ['read'] });
  const client = await open('', { 'x-api-key': secret });
  await gateway.client.keys.revoke(key.keyId);
  await client.ended();
  await waitFor(async () => (await answered()) === before + 2, { what: 'both requests to be counted' });
  expect(await counts()).toEqual([timed + 1, lasted + 1]);
});

it('a reader without a cursor begins behind the newest event that was deleted, and its next cursor is taken', async () => {
  for (let event = 0; event < 6; event++) {
    await writer.append(IMEI);
  }
  const all = await feedFrom();
  // As retention leaves it that keeps an older event because it waits for the host.
  const [deleted, ...kept] = all.slice(-3);
  await database.query(
    `insert into tbl_iot_event_retention (transaction_id, position) select transaction_id, position from tbl_iot_events where event_id = $1`,
    [deleted!.eventId.slice('evt_'.length)],
  );
  await database.query('delete from tbl_iot_events where event_id = $1', [deleted!.eventId.slice('evt_'.length)]);
  try {
    const expected = kept.map(({ eventId }) => eventId);
    expect((await feedFrom()).map(({ eventId }) => eventId)).toEqual(expected);
    const client = await open('?from=cursor');
    const messages = await client.received(expected.length);
    expect(messages.map(({ data }) => (JSON.parse(data) as { eventId: string }).eventId)).toEqual(expected);
    expect((await open(`?after=${messages[0]!.id}`)).status).toBe(200);
  } finally {
    await database.query('delete from tbl_iot_event_retention');
  }
});

describe('a cursor that is ahead of the log', () => {
  it('is answered 410 by the stream and by the feed: the database is another one than it came from', async () => {
    const [{ ahead }] = (await database.query<{ ahead: string }>(
      `select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000)::text as ahead`,
    )) as [{ ahead: string }];
    const refused = await open(`?after=${ahead}_1`);
    expect(refused.status).toBe(410);
    expect(await gateway.get(`events?after=${ahead}_1`)).toMatchObject({ status: 410, body: { code: 'CURSOR_EXPIRED' } });
  });

  it('is not one that a stream from now has begun with', async () => {
    const client = await open('?from=now');
    await waitFor(() => client.lastEventId !== '', { what: 'the first id' });
    expect((await gateway.get(`events?after=${client.lastEventId}`)).status).toBe(200);
    expect((await open(`?after=${client.lastEventId}`)).status).toBe(200);
  });
});

describe('a stream of a session of the console', () => {
  interface Session {
    readonly cookie: string;
    readonly csrf: string;
  }

  async function signIn(key = API_KEY): Promise<Session> {
    const answer = await fetch(`${gateway.apiUrl}/console/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    return { cookie: answer.headers.getSetCookie()[0]!.split(';')[0]!, csrf: csrfToken };
  }

  async function expectEnd(client: SseClient, other: SseClient, end: () => Promise<unknown>): Promise<void> {
    expect([client.status, other.status]).toEqual([200, 200]);
    const { number } = await writer.append(IMEI);
    await client.received(1);
    const endedAt = performance.now();
    await end();
    await client.ended();
    expect(performance.now() - endedAt).toBeLessThan(ENDED_WITHIN_MS);
    expect(other.isEnded).toBe(false);
    expect(other.messages.map(({ data }) => (JSON.parse(data) as { number: number }).number)).toContain(number);
  }

  it('ends within five seconds after it was signed out; those of other sessions of its key stay open', async () => {
    const [one, two] = await Promise.all([signIn(), signIn()]);
    const [client, other] = await Promise.all([open('', { cookie: one.cookie }), open('', { cookie: two.cookie })]);
    await expectEnd(client, other, () =>
      fetch(`${gateway.apiUrl}/console/session`, {
        method: 'DELETE',
        headers: { cookie: one.cookie, 'x-csrf-token': one.csrf },
      }),
    );
  });

  it('ends within five seconds after its session has expired; streams of keys stay open', async () => {
    const { cookie } = await signIn();
    const [client, other] = await Promise.all([open('', { cookie }), open()]);
    await expectEnd(client, other, () => database.query(`update tbl_iot_console_sessions set expires_at = now()`));
  });

  it('is refused to a page of another origin', async () => {
    const { cookie } = await signIn();
    for (const site of ['same-site', 'cross-site']) {
      expect((await open('', { cookie, 'sec-fetch-site': site })).status).toBe(403);
    }
    for (const site of ['same-origin', 'none']) {
      expect((await open('', { cookie, 'sec-fetch-site': site })).status).toBe(200);
    }
  });
});
