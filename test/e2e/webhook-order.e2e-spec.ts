import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { Gateway } from '../support/gateway.js';
import { type ReceivedWebhook, type Reply, type WebhookBody, WebhookReceiver } from '../support/webhook-receiver.js';
import { waitFor } from '../support/wait-for.js';

const BATCH_PATH = '/webhooks/iot/v1/events';
const PATIENCE = { timeoutMs: 120_000 };
/** An event that has failed three times no longer holds up the ones behind it. */
const FAILURES_AT_MOST = 2;

let database: TestDatabase;
let gateways: Gateway[];
let receiver: WebhookReceiver;

beforeEach(async () => {
  database = await createTestDatabase();
  receiver = await WebhookReceiver.start();
  gateways = [];
});

afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await receiver.close();
  await database.drop();
});

/** Events of each device, all due at once. */
async function append(devices: number, events: number): Promise<void> {
  await database.query(
    `with recorded as (
       insert into tbl_iot_events (imei, sequence, type, body)
       select (350612000000000 + device)::text, number, 'command.completed', json_build_object('imei', (350612000000000 + device)::text)
         from generate_series(1, $2::int) number, generate_series(1, $1::int) device order by number, device
       returning imei, sequence, event_id, type
     )
     insert into tbl_iot_deliveries (imei, sequence, event_id, type) select imei, sequence, event_id, type from recorded`,
    [devices, events],
  );
}

async function start(environment: Record<string, string>): Promise<void> {
  gateways.push(await Gateway.start(database.url, { NOTIFICATION_URL: receiver.url, ...environment }));
}

async function allIsDelivered(): Promise<void> {
  const backlog = async () => (await gateways[0]!.client.webhooks.status()).backlog;
  await waitFor(async () => (await backlog()) === 0, { what: 'the backlog to be gone', ...PATIENCE });
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A host that is slow and refuses at random, each event twice at most, and writes down every event that came before its turn. */
class UnreliableHost {
  readonly outOfOrder: string[] = [];
  refusals = 0;
  private readonly accepted = new Map<string, number>();
  private readonly failures = new Map<string, number>();

  constructor(private readonly random: () => number) {}

  async reply({ path, body }: ReceivedWebhook): Promise<Reply> {
    const events = (body.events ?? [body]) as readonly WebhookBody[];
    events.forEach((event) => this.check(event));
    await delay(this.random() * 20);
    const mayFail = events.filter(({ eventId }) => (this.failures.get(eventId) ?? 0) < FAILURES_AT_MOST);
    const refused = mayFail.filter(() => this.random() < 0.3);
    this.refusals += refused.length;
    if (path === BATCH_PATH && (refused.length === 0 || this.random() < 0.5 || mayFail.length < events.length)) {
      this.settle(events, refused);
      return { status: 200, body: JSON.stringify({ results: refused.map(({ eventId }) => ({ eventId, status: 'retry' })) }) };
    }
    const isRefused = refused.length > 0;
    this.settle(events, isRefused ? events : []);
    return isRefused ? 422 : 200;
  }

  get acceptedEvents(): number {
    return [...this.accepted.values()].reduce((sum, sequence) => sum + sequence, 0);
  }

  /** The one before it must have been accepted. */
  private check({ imei, sequence }: WebhookBody): void {
    const last = this.accepted.get(imei!) ?? 0;
    if (sequence !== last + 1) {
      this.outOfOrder.push(`${imei}: ${sequence} after ${last}`);
    }
  }

  private settle(events: readonly WebhookBody[], refused: readonly WebhookBody[]): void {
    for (const event of events) {
      if (refused.includes(event)) {
        this.failures.set(event.eventId, (this.failures.get(event.eventId) ?? 0) + 1);
      } else {
        this.accepted.set(event.imei!, event.sequence!);
      }
    }
  }
}

describe('two instances and a host that refuses at random', () => {
  it.each([
    { batch: '1', seed: 1 },
    { batch: '7', seed: 2 },
  ])('deliver the events of each device once and in order, with WEBHOOK_BATCH_SIZE=$batch', async ({ batch, seed }) => {
    const devices = 40;
    const events = 15;
    const host = new UnreliableHost(randomNumbers(seed));
    receiver.reply = (request) => host.reply(request);
    await append(devices, events);
    const environment = { WEBHOOK_BATCH_SIZE: batch, WEBHOOK_RETRY_SCHEDULE: '0,20ms,50ms,20ms,20ms' };
    await Promise.all([start(environment), start(environment)]);
    await allIsDelivered();
    expect(host.outOfOrder).toEqual([]);
    expect(host.acceptedEvents).toBe(devices * events);
    expect(host.refusals).toBeGreaterThan((devices * events) / 10);
    expect(receiver.received.some(({ path }) => path === BATCH_PATH)).toBe(batch !== '1');
  });
});

describe('a host that takes about 200 ms for each event of 500 devices', () => {
  it('has WEBHOOK_CONCURRENCY requests at a time, and what waits stays in the database', async () => {
    const devices = 500;
    const events = 2;
    const concurrency = 32;
    let inFlight = 0;
    const seen: number[] = [];
    receiver.reply = async () => {
      seen.push(++inFlight);
      await delay(150 + Math.random() * 100);
      inFlight--;
      return 200;
    };
    await append(devices, events);
    await start({ WEBHOOK_CONCURRENCY: String(concurrency) });
    const claimed: number[] = [];
    await waitFor(
      async () => {
        const [row] = await database.query<{ claimed: number; waiting: number }>(
          `select count(locked_by)::int as claimed, count(*)::int as waiting from tbl_iot_deliveries`,
        );
        claimed.push(row!.claimed);
        return row!.waiting === 0;
      },
      { what: 'the backlog to be gone', ...PATIENCE },
    );
    expect(receiver.accepted).toHaveLength(devices * events);
    expect(Math.max(...seen)).toBe(concurrency);
    expect(receiver.connections).toBe(concurrency);
    // A request that ends is followed by the next one at once, though several may end together.
    expect([...seen].sort((one, other) => one - other)[seen.length / 2]).toBeGreaterThanOrEqual(concurrency * 0.75);
    // In flight, ready to be sent, being settled: some for each connection, not all of 1,000.
    expect(Math.max(...claimed)).toBeLessThanOrEqual(concurrency * 6);
    expect(Math.max(...claimed)).toBeGreaterThanOrEqual(concurrency);
  });
});
