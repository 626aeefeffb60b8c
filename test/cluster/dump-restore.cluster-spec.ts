import { EventWriter } from '../support/event-writer.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { queryOnce } from '../support/query-once.js';
import { SseClient } from '../support/sse-client.js';
import { openDatabase } from '../support/test-database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { DebianPostgres } from './debian-postgres.js';

const IMEIS = ['350612000000001', '350612000000002', '350612000000003'];
const DEVICE = '350612000000009';
const EVENTS_OF_EACH = 20;
/** Of the first cluster, before the gateway starts: the second one is behind. */
const COUNTED = 20_000;
const EXPIRED = { status: 410, code: 'CURSOR_EXPIRED' };
const PATIENCE = { timeoutMs: 60_000 };

interface Listed {
  readonly eventId: string;
  readonly imei: string;
  readonly sequence: number;
}

let first: DebianPostgres;
let second: DebianPostgres;
let gateways: Gateway[] = [];
let clients: SseClient[] = [];

beforeEach(async () => {
  [first, second] = await Promise.all([DebianPostgres.start(), DebianPostgres.start()]);
  await first.countTo(COUNTED);
});

afterEach(async () => {
  clients.forEach((client) => client.close());
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all([first.stop(), second.stop()]);
  [gateways, clients] = [[], []];
});

async function start(url: string): Promise<Gateway> {
  const gateway = await Gateway.start(url, { EVENT_FEED_ENABLED: 'true', DATABASE_POOL_SIZE: '8' });
  gateways.push(gateway);
  return gateway;
}

async function stop(gateway: Gateway): Promise<void> {
  gateways = gateways.filter((each) => each !== gateway);
  await gateway.stop();
}

async function open({ apiUrl }: Gateway, query = '', lastEventId?: string): Promise<SseClient> {
  const headers = { 'x-api-key': API_KEY };
  const client = await SseClient.open(
    `${apiUrl}/api/v1/stream${query}`,
    lastEventId === undefined ? { headers } : { headers, lastEventId },
  );
  clients.push(client);
  return client;
}

async function appendTo(url: string, count: number): Promise<void> {
  const writer = await EventWriter.open(url);
  for (let event = 0; event < count; event++) {
    await Promise.all(IMEIS.map((imei) => writer.append(imei)));
  }
  await writer.close();
}

/** A stream that begins after it has none of the events of before. */
async function settled(url: string): Promise<void> {
  const database = openDatabase(url);
  await database.settled();
  await database.drop();
}

/** The whole feed, once all that is committed can be read. */
async function feed(gateway: Gateway, url: string): Promise<Listed[]> {
  const [stored] = await queryOnce<{ count: number }>(url, 'select count(*)::int as count from tbl_iot_events');
  const events = await waitFor(
    async () => {
      const listed = await gateway.client.events.list({ limit: 50 }).all();
      return listed.length >= stored!.count && listed;
    },
    { ...PATIENCE, what: `${stored!.count} events` },
  );
  return events.map(({ eventId, imei, sequence }) => ({ eventId, imei, sequence: Number(sequence) }));
}

const of = (imei: string, events: readonly Listed[]): Listed[] => events.filter((event) => event.imei === imei);

it('a restored dump has the events of before and new ones behind them; a cursor of before is refused, at any time', async () => {
  const before = await start(first.url);
  const device = await FakeDevice.logIn(before.devicePort, DEVICE);
  await device.exchange(recordsFrame([{ speed: 1 }]));
  await appendTo(first.url, EVENTS_OF_EACH);
  const listed = await feed(before, first.url);
  const { nextCursor } = await before.client.events.read({ limit: 40 });
  const stream = await open(before);
  await waitFor(() => stream.lastEventId !== '', { what: 'the first id' });
  const ofBefore = [nextCursor, stream.lastEventId];
  device.close();
  await stop(before);
  await first.copyTo(second);
  expect(await second.nextTransaction()).toBeLessThan(COUNTED);

  const after = await start(second.url);
  const expectRefused = async (): Promise<void> => {
    for (const cursor of ofBefore) {
      await expect(after.client.events.read({ after: cursor })).rejects.toMatchObject(EXPIRED);
      expect((await open(after, '', cursor)).status).toBe(410);
    }
  };
  await expectRefused();
  await appendTo(second.url, 1);
  const restored = await feed(after, second.url);
  for (const imei of [...IMEIS, DEVICE]) {
    const [earlier, events] = [of(imei, listed), of(imei, restored)];
    expect(earlier.length).toBeGreaterThan(0);
    expect(events.slice(0, earlier.length)).toEqual(earlier);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  }
  expect(of(IMEIS[0]!, restored)).toHaveLength(EVENTS_OF_EACH + 1);
  const replayed = await open(after, '?from=cursor');
  await replayed.received(restored.length, PATIENCE.timeoutMs);
  expect(replayed.messages.map(({ data }) => (JSON.parse(data) as Listed).eventId)).toEqual(
    restored.map(({ eventId }) => eventId),
  );

  await settled(second.url);
  const now = await open(after);
  await waitFor(() => now.lastEventId !== '', { what: 'the first id' });
  now.close();
  await second.countTo((await first.nextTransaction()) + 1);
  await expectRefused();
  await appendTo(second.url, 1);
  for (const cursor of [replayed.lastEventId, now.lastEventId]) {
    expect(await (await open(after, '', cursor)).received(IMEIS.length, PATIENCE.timeoutMs)).toHaveLength(IMEIS.length);
  }
});

it('streams end when an older copy takes the place of the database, and get 410 for their cursors', async () => {
  await stop(await start(first.url));
  await first.copyTo(second);
  await stop(await start(second.url));
  const link = await TcpProxy.to('127.0.0.1', first.port);
  try {
    const url = new URL(first.url);
    url.port = String(link.port);
    const gateway = await start(url.href);
    const client = await open(gateway);
    await appendTo(first.url, 1);
    await client.received(IMEIS.length);
    link.retarget(second.port);
    link.reset();
    await client.ended(PATIENCE.timeoutMs);
    await waitFor(async () => (await open(gateway, '', client.lastEventId)).status === 410, {
      ...PATIENCE,
      what: 'the answer 410',
    });
    await expect(gateway.client.events.read({ after: client.lastEventId })).rejects.toMatchObject(EXPIRED);
    const again = await open(gateway);
    await waitFor(() => again.lastEventId !== '', { what: 'the first id' });
    await appendTo(second.url, 1);
    await again.received(IMEIS.length, PATIENCE.timeoutMs);
    await stop(gateway);
  } finally {
    await link.close();
  }
});
