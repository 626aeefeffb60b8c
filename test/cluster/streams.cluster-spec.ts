import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { EventWriter } from '../support/event-writer.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { SseClient } from '../support/sse-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { type Backend, Haproxy, type HaproxyPorts } from './haproxy.js';

const READERS = 20;
const IMEIS = ['350612000000001', '350612000000002', '350612000000003', '350612000000004'];
const SETTINGS = { EVENT_FEED_ENABLED: 'true', SHUTDOWN_DELAY_SECONDS: '2', DATABASE_POOL_SIZE: '8' };

/** A client that connects again with the last id, as long as it is to read. */
class Reader {
  readonly received: number[] = [];
  connections = 0;
  private client: SseClient | null = null;
  private isReading = true;
  private readonly reading: Promise<void>;

  constructor(private readonly url: string) {
    this.reading = this.read();
  }

  async stop(): Promise<void> {
    this.isReading = false;
    this.client?.close();
    await this.reading;
  }

  private async read(): Promise<void> {
    let lastEventId: string | undefined;
    while (this.isReading) {
      const client = await SseClient.open(this.url, {
        headers: { 'x-api-key': API_KEY },
        ...(lastEventId === undefined ? {} : { lastEventId }),
        onMessage: ({ data }) => this.received.push((JSON.parse(data) as { number: number }).number),
      }).catch(() => null);
      if (client?.status !== 200) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      this.client = client;
      this.connections++;
      await waitFor(() => client.isEnded, { timeoutMs: 120_000, what: 'the stream to end' });
      lastEventId = client.lastEventId || lastEventId;
    }
  }
}

let folder: string;
let database: TestDatabase;
let writer: EventWriter;
let ports: HaproxyPorts;
let backends: Backend[] = [];
let gateways: Gateway[] = [];
let haproxy: Haproxy | undefined;
let readers: Reader[] = [];

async function startGateway({ devicePort, apiPort }: Backend): Promise<Gateway> {
  return Gateway.start(database.url, { ...SETTINGS, BROKER_PORT: String(devicePort), API_PORT: String(apiPort) });
}

async function openStreams(gateway: Gateway): Promise<number> {
  const text = await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text();
  return Number(/^iot_broker_streams_open (\d+)$/m.exec(text)?.[1]);
}

async function ready({ apiUrl }: Gateway): Promise<unknown> {
  return waitFor(async () => (await fetch(`${apiUrl}/readyz`)).status === 200, {
    timeoutMs: 30_000,
    what: 'a gateway to be ready',
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-cluster-'));
  database = await createTestDatabase();
  writer = await EventWriter.open(database.url);
  ports = { devices: await freePort(), api: await freePort() };
  backends = [
    { devicePort: await freePort(), apiPort: await freePort() },
    { devicePort: await freePort(), apiPort: await freePort() },
  ];
  gateways = await Promise.all(backends.map(startGateway));
  haproxy = await Haproxy.start(folder, ports, backends);
});

afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.stop()));
  readers = [];
  await haproxy?.stop();
  await writer.close();
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('streams of two instances behind HAProxy', () => {
  it('have every event once and in order, while one instance is stopped and the other one killed', async () => {
    readers = Array.from({ length: READERS }, () => new Reader(`http://127.0.0.1:${ports.api}/api/v1/stream`));
    await waitFor(
      async () => {
        const [one = 0, two = 0] = await Promise.all(gateways.map(openStreams));
        return one > 0 && two > 0 && one + two === READERS;
      },
      { what: 'streams at both instances' },
    );
    writer.start(IMEIS);
    await waitFor(() => readers.every(({ received }) => received.length > 100), { timeoutMs: 30_000, what: 'events' });

    expect(await gateways[0]!.stop()).toEqual({ code: 0, signal: null });
    await waitFor(async () => (await openStreams(gateways[1]!)) === READERS, { timeoutMs: 30_000, what: 'all at the other' });
    gateways[0] = await startGateway(backends[0]!);
    await ready(gateways[0]);
    await gateways[1]!.kill();
    await waitFor(async () => (await openStreams(gateways[0]!)) === READERS, { timeoutMs: 60_000, what: 'all at the new one' });
    await writer.stop();
    const last = await writer.append(IMEIS[0]!);
    await waitFor(() => readers.every(({ received }) => received.includes(last.number)), {
      timeoutMs: 60_000,
      what: 'the last event',
    });
    await Promise.all(readers.map((reader) => reader.stop()));

    const rows = await database.query<{ number: number }>(
      `select (body ->> 'number')::int as number from tbl_iot_events order by transaction_id, position`,
    );
    const all = rows.map(({ number }) => number);
    for (const { received, connections } of readers) {
      expect(connections).toBeGreaterThanOrEqual(2);
      expect(received).toEqual(all);
    }
  });
});
