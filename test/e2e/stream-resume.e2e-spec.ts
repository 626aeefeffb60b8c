import { setTimeout as delay } from 'node:timers/promises';
import { EventWriter, type WrittenEvent } from '../support/event-writer.js';
import { FakeDevice } from '../support/fake-device.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { SseClient, type SseMessage, type SseOptions } from '../support/sse-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const IMEIS = ['350612000000001', '350612000000002', '350612000000003', '350612000000004'];
const ENV = { EVENT_FEED_ENABLED: 'true' };
const REVOKED_WITHIN_MS = 5_000;

let database: TestDatabase;
let gateways: Gateway[] = [];
let writer: EventWriter;
let clients: SseClient[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  writer = await EventWriter.open(database.url);
});

afterEach(async () => {
  clients.forEach((client) => client.close());
  await writer.close();
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  [clients, gateways] = [[], []];
  await database.drop();
});

async function start(env: Record<string, string> = {}, url = database.url): Promise<Gateway> {
  const gateway = await Gateway.start(url, { ...ENV, ...env });
  gateways.push(gateway);
  return gateway;
}

async function open(url: string, { headers, ...options }: SseOptions = {}, query = ''): Promise<SseClient> {
  const client = await SseClient.open(`${url}/api/v1/stream${query}`, {
    headers: { 'x-api-key': API_KEY, ...headers },
    ...options,
  });
  clients.push(client);
  return client;
}

function numberOf({ data }: SseMessage): number {
  return (JSON.parse(data) as { number: number }).number;
}

/** The log's own order, which every stream has to have. */
async function logged(): Promise<number[]> {
  const rows = await database.query<{ number: number }>(
    `select (body ->> 'number')::int as number from tbl_iot_events order by transaction_id, position`,
  );
  return rows.map(({ number }) => number);
}

/** Every event from the first that was received, once, in the order of the log. Returns how many. */
async function expectComplete(received: readonly number[], whole?: readonly number[]): Promise<number> {
  const all = whole ?? (await logged());
  const first = all.indexOf(received[0] ?? -1);
  expect(first).toBeGreaterThanOrEqual(0);
  expect(received).toEqual(all.slice(first));
  return received.length;
}

async function untilLast(client: SseClient, { number }: WrittenEvent, timeoutMs = 20_000): Promise<void> {
  await waitFor(() => client.messages.some((message) => numberOf(message) === number), { timeoutMs, what: 'the last event' });
}

describe('a stream', () => {
  it('that is opened while events are committed at speed gets each from then on: none is missed, none comes twice', async () => {
    const gateway = await start();
    writer.start(IMEIS);
    const opened: { client: SseClient; at: number }[] = [];
    for (let index = 0; index < 20; index++) {
      const client = await open(gateway.apiUrl);
      opened.push({ client, at: performance.now() });
      await delay(Math.random() * 60);
    }
    await writer.stop();
    const last = await writer.append(IMEIS[0]!);
    const all = await logged();
    expect(all.length).toBeGreaterThan(100);
    for (const { client, at } of opened) {
      await untilLast(client, last);
      const received = client.messages.map(numberOf);
      await expectComplete(received, all);
      const later = writer.written.filter(({ from }) => from >= at).map(({ number }) => number);
      expect(later.filter((number) => !received.includes(number))).toEqual([]);
    }
  });

  it('that resumes far behind reads the log, meets the tail, and goes on with it while events are committed at speed', async () => {
    const gateway = await start();
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 100 }, (_each, index) => writer.append(IMEIS[index % 4]!)));
    }
    writer.start(IMEIS);
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(gateway.apiUrl, {}, '?from=cursor')));
    const filtered = await open(gateway.apiUrl, {}, `?from=cursor&imei=${IMEIS[0]}`);
    await streams[0]!.received(3_500, 30_000);
    await writer.stop();
    const last = await writer.append(IMEIS[0]!);
    const all = await logged();
    for (const client of streams) {
      await untilLast(client, last);
      expect(await expectComplete(client.messages.map(numberOf), all)).toBe(all.length);
    }
    await untilLast(filtered, last);
    const ofFirst = new Set(writer.written.filter(({ imei }) => imei === IMEIS[0]).map(({ number }) => number));
    expect(filtered.messages.map(numberOf)).toEqual(all.filter((number) => ofFirst.has(number)));
  }, 120_000);

  it('resumes after a cut and after kill -9 of its gateway, without loss and without repetition', async () => {
    const proxy = await TcpProxy.to('127.0.0.1', Number(new URL((await start()).apiUrl).port));
    const url = `http://127.0.0.1:${proxy.port}`;
    writer.start(IMEIS);
    const received: number[] = [];
    let client = await open(url);
    const reopen = async (): Promise<void> => {
      await client.ended();
      received.push(...client.messages.map(numberOf));
      const { lastEventId } = client;
      client = await waitFor(() => open(url, { lastEventId }), { timeoutMs: 20_000, what: 'the stream to open again' });
      expect(client.status).toBe(200);
    };
    for (let cut = 0; cut < 3; cut++) {
      await client.received(20);
      proxy.reset();
      await reopen();
    }
    await client.received(20);
    const [killed] = gateways;
    await killed!.kill();
    gateways = [];
    proxy.retarget(Number(new URL((await start()).apiUrl).port));
    await reopen();
    await client.received(20);
    await writer.stop();
    await untilLast(client, await writer.append(IMEIS[0]!));
    received.push(...client.messages.map(numberOf));
    expect(await expectComplete(received)).toBeGreaterThan(100);
    client.close();
    await proxy.close();
  }, 120_000);

  it('that is not read is ended with the place to resume at, and resumes there', async () => {
    // The other instance has the default buffer: when many events become readable at a time, a client that reads may have more than 64 KiB waiting.
    const [gateway, other] = await Promise.all([start({ STREAM_BUFFER_BYTES: '65536' }), start()]);
    const slow = await open(gateway.apiUrl);
    const fast = await open(other.apiUrl);
    await writer.append(IMEIS[0]!);
    await slow.received(1);
    slow.pause();
    writer.start(IMEIS, { filler: 'x'.repeat(50_000) });
    const overflows = async (): Promise<boolean> =>
      /streams_closed_total\{reason="overflow"\} 1/.test(
        await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text(),
      );
    await waitFor(overflows, { timeoutMs: 60_000, what: 'the overflow' });
    slow.resume();
    await slow.ended(20_000);
    const overflow = slow.messages.at(-1)!;
    const { cursor } = JSON.parse(overflow.data) as { cursor: string };
    expect([overflow.event, overflow.id, slow.lastEventId]).toEqual(['overflow', cursor, cursor]);
    expect(slow.messages.at(-2)!.id).toBe(cursor);
    const resumed = await open(gateway.apiUrl, {}, `?after=${cursor}`);
    await writer.stop();
    const last = await writer.append(IMEIS[0]!);
    await untilLast(resumed, last);
    await untilLast(fast, last);
    await expectComplete([...slow.messages.slice(0, -1), ...resumed.messages].map(numberOf));
    await expectComplete(fast.messages.map(numberOf));
  }, 120_000);

  it('ends within five seconds after its key was revoked, at whatever instance; others stay open', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const { body } = await one.post<{ secret: string; key: { keyId: string } }>('keys', { name: 'reader', scopes: ['read'] });
    const headers = { 'x-api-key': body.secret };
    const streams = await Promise.all([open(one.apiUrl, { headers }), open(two.apiUrl, { headers })]);
    const others = await Promise.all([open(one.apiUrl), open(two.apiUrl)]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    const revokedAt = performance.now();
    expect((await one.change('DELETE', `keys/${body.key.keyId}`)).status).toBe(200);
    await Promise.all(streams.map((client) => client.ended()));
    expect(performance.now() - revokedAt).toBeLessThan(REVOKED_WITHIN_MS);
    const { number } = await writer.append(IMEIS[0]!);
    for (const client of others) {
      expect((await client.received(1)).map(numberOf)).toEqual([number]);
    }
  });

  it('gets the time to wait when its gateway stops, and resumes at another one', async () => {
    const [stopping, other] = await Promise.all([start(), start()]);
    const client = await open(stopping.apiUrl);
    const unread = await open(stopping.apiUrl);
    const first = await writer.append(IMEIS[0]!);
    await client.received(1);
    unread.pause();
    const exit = stopping.stop();
    await client.ended();
    const second = await writer.append(IMEIS[0]!);
    expect(client.retries).toEqual([2_000, expect.any(Number)]);
    expect(client.retries[1]).toBeGreaterThanOrEqual(200);
    expect(client.retries[1]).toBeLessThanOrEqual(2_000);
    const resumed = await open(other.apiUrl, { lastEventId: client.lastEventId });
    await resumed.received(1);
    expect([...client.messages, ...resumed.messages].map(numberOf)).toEqual([first.number, second.number]);
    expect(await exit).toEqual({ code: 0, signal: null });
    gateways = gateways.filter((gateway) => gateway !== stopping);
  });

  it('stays open while the database is cut off, and misses nothing of what is committed meanwhile', async () => {
    const { hostname, port } = new URL(database.url);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const proxied = new URL(database.url);
    proxied.port = String(proxy.port);
    const gateway = await start({}, proxied.href);
    const client = await open(gateway.apiUrl);
    const first = await writer.append(IMEIS[0]!);
    await client.received(1);
    proxy.cut();
    await waitFor(async () => (await fetch(`${gateway.apiUrl}/readyz`)).status === 503, {
      timeoutMs: 30_000,
      what: 'the outage',
    });
    const second = await writer.append(IMEIS[1]!);
    const refused = await waitFor(
      async () => {
        const another = await open(gateway.apiUrl);
        if (another.status === 200) {
          another.close();
          return null;
        }
        await another.ended();
        return another;
      },
      { timeoutMs: 30_000, what: 'a new stream to be refused' },
    );
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      503,
      expect.objectContaining({ success: false, code: 'DATABASE_UNAVAILABLE' }),
    ]);
    proxy.mend();
    proxy.reset();
    await client.received(2, 30_000);
    const third = await writer.append(IMEIS[2]!);
    await client.received(3);
    expect(client.messages.map(numberOf)).toEqual([first.number, second.number, third.number]);
    expect(client.isEnded).toBe(false);
    await proxy.close();
  }, 120_000);

  it('has the events of devices that are connected to another instance', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const client = await open(one.apiUrl);
    const device = await FakeDevice.logIn(two.devicePort, IMEIS[3]!);
    const [connected] = await client.received(1);
    device.close();
    expect([connected!.event, JSON.parse(connected!.data)]).toEqual([
      'device.connected',
      expect.objectContaining({ imei: IMEIS[3] }),
    ]);
  });
});
