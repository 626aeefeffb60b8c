import { type WebhookStatus } from '../../client/src/index.js';
import { endOfCommand, postCommand } from '../support/command-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { type ReceivedWebhook, type WebhookBody, WebhookReceiver } from '../support/webhook-receiver.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const DEVICES = 6;
const PATIENCE = { timeoutMs: 60_000 };
const FIRST_IMEI = 359_000_000_000_000;

let database: TestDatabase;
let gateway: Gateway;
let receiver: WebhookReceiver;

beforeEach(async () => {
  database = await createTestDatabase();
  receiver = await WebhookReceiver.start();
});

afterEach(async () => {
  await gateway.stop();
  await receiver.close();
  await database.drop();
});

async function startGateway(): Promise<Gateway> {
  return Gateway.start(database.url, {
    NOTIFICATION_URL: receiver.url,
    TELEMETRY_WEBHOOK_ENABLED: 'true',
    WEBHOOK_TIMEOUT_SECONDS: '1',
    WEBHOOK_RETRY_SCHEDULE: '0,200ms,200ms,500ms,1s,2s,5s,5s,5s,5s,5s,5s',
    IOT_COMMAND_TIMEOUT: '30',
  });
}

function status(): Promise<WebhookStatus> {
  return gateway.client.webhooks.status();
}

/** A ride: each round a device reports and confirms a command. */
class Rider {
  rounds = 0;

  private constructor(
    readonly imei: string,
    private readonly device: FakeDevice,
  ) {}

  static async start(index: number): Promise<Rider> {
    const imei = String(FIRST_IMEI + index);
    return new Rider(imei, await FakeDevice.logIn(gateway.devicePort, imei));
  }

  async report(): Promise<void> {
    const record = { timestampMs: Date.now() + this.rounds, speed: ++this.rounds % 200 };
    expect(await this.device.exchange(recordsFrame([record]), 30_000)).toBe(1);
  }

  async confirm(): Promise<void> {
    const id = await postCommand(gateway, this.imei, 'getio');
    await this.device.command(30_000);
    this.device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    await endOfCommand(gateway, id, PATIENCE.timeoutMs);
  }

  close(): void {
    this.device.close();
  }
}

const rideAll = (riders: readonly Rider[]) =>
  Promise.all(
    riders.map(async (rider) => {
      await rider.report();
      await rider.confirm();
      await rider.report();
    }),
  );

/** What is accepted of a device, what came twice counted once. */
function receivedBy(imei: string): WebhookBody[] {
  const events = receiver.events.filter((event) => event.imei === imei);
  return [...new Map(events.map((event) => [event.eventId, event])).values()];
}

async function everythingIsHeard(riders: readonly Rider[], commandsEach: number): Promise<void> {
  await waitFor(async () => (await status()).backlog === 0, { what: 'the backlog to be gone', ...PATIENCE });
  for (const { imei, rounds } of riders) {
    const events = receivedBy(imei);
    expect(events.filter(({ type }) => type === 'command.completed')).toHaveLength(commandsEach);
    expect(events.reduce((sum, { recordCount = 0 }) => sum + recordCount, 0)).toBe(rounds);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  }
}

/** Attempts that were answered with success and came again: the gateway could not know that the answer had been sent. */
function heardTwice(): ReceivedWebhook[] {
  return receiver.accepted.filter(({ id }, index) => receiver.accepted.findIndex((other) => other.id === id) !== index);
}

describe('scenario B: the host is down while commands complete and telemetry arrives', () => {
  it('receives everything when it is back: each device in order, without gaps, nothing twice, after few requests', async () => {
    gateway = await startGateway();
    const riders = await Promise.all(Array.from({ length: DEVICES }, (_, index) => Rider.start(index)));
    await receiver.close();
    await rideAll(riders);
    await waitFor(async () => (await status()).circuit.state !== 'closed', { what: 'the outage to be noticed', ...PATIENCE });
    await rideAll(riders);

    receiver.reply = () => 502;
    await receiver.listen();
    await waitFor(() => receiver.received.length > 0, { what: 'a probe that meets 502', ...PATIENCE });
    receiver.reply = () => 'hang';
    const before = receiver.received.length;
    await waitFor(() => receiver.received.length > before, { what: 'a probe that meets nothing', ...PATIENCE });
    await rideAll(riders);
    expect(receiver.received.length).toBeLessThan(DEVICES);

    const [waiting] = await database.query<{ open: number; telemetry: number }>(
      `select count(*) filter (where is_open)::int as open, count(*)::int as telemetry
         from tbl_iot_events join tbl_iot_deliveries using (event_id) where tbl_iot_events.type = 'telemetry'`,
    );
    expect(waiting?.open).toBeLessThanOrEqual(DEVICES);
    receiver.reply = () => 200;
    await everythingIsHeard(riders, 3);
    expect(heardTwice()).toEqual([]);
    expect((await status()).circuit.state).toBe('closed');
    riders.forEach((rider) => rider.close());
  });
});

describe('a host that is dead', () => {
  it('gets single probes further and further apart, and no storm, while events keep coming', async () => {
    gateway = await startGateway();
    receiver.reply = () => 503;
    const riders = await Promise.all(Array.from({ length: DEVICES }, (_, index) => Rider.start(index)));
    await rideAll(riders);
    await waitFor(async () => (await status()).circuit.state !== 'closed', { what: 'the circuit to open', ...PATIENCE });
    const opened = Date.now();
    const before = receiver.received.length;
    while (Date.now() - opened < 10_000) {
      await rideAll(riders);
    }
    const seconds = (Date.now() - opened) / 1_000;
    // Probes come after 1, 2, 4, 8 seconds and so on; what was in flight when the circuit opened may come too.
    expect(receiver.received.length - before).toBeLessThanOrEqual(Math.log2(seconds + 1) + 2 + DEVICES);
    riders.forEach((rider) => rider.close());
  });
});

describe('kill -9 of the gateway', () => {
  it('between send and settle: the event comes again, with the same id and the same bytes', async () => {
    gateway = await startGateway();
    const riders = await Promise.all(Array.from({ length: DEVICES }, (_, index) => Rider.start(index)));
    receiver.reply = () => 'hang';
    await Promise.all(riders.map((rider) => rider.report()));
    await waitFor(() => new Set(receiver.received.map(({ id }) => id)).size >= 3, { what: 'requests to arrive', ...PATIENCE });
    await gateway.kill();
    riders.forEach((rider) => rider.close());
    const inDoubt = receiver.received.map(({ id, text }) => `${id} ${text}`);
    receiver.reply = () => 200;
    gateway = await startGateway();
    await everythingIsHeard(riders, 0);
    const again = new Set(receiver.accepted.map(({ id, text }) => `${id} ${text}`));
    expect(inDoubt.filter((request) => !again.has(request))).toEqual([]);
  });

  it('at any moment under load: nothing is lost, the events of each device arrive in order', async () => {
    gateway = await startGateway();
    receiver.reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 200;
    };
    let reports = 0;
    for (let round = 0; round < 3; round++) {
      const riders = await Promise.all(Array.from({ length: DEVICES }, (_, index) => Rider.start(index)));
      const accepted = receiver.accepted.length;
      let riding = true;
      const rides = riders.map(async (rider) => {
        while (riding) {
          await rider.report();
          reports++;
        }
      });
      await waitFor(() => receiver.accepted.length > accepted + 50, { what: 'webhooks', ...PATIENCE });
      await gateway.kill();
      riding = false;
      await Promise.allSettled(rides);
      riders.forEach((rider) => rider.close());
      gateway = await startGateway();
    }
    const [stored] = await database.query<{ records: number }>('select count(*)::int as records from tbl_iot_telemetry_data');
    const received = () => Array.from({ length: DEVICES }, (_, index) => receivedBy(String(FIRST_IMEI + index)));
    const records = () =>
      received()
        .flat()
        .reduce((sum, { recordCount = 0 }) => sum + recordCount, 0);
    // The relay may still have to put the last records into events while the backlog is empty.
    await waitFor(async () => records() >= (stored?.records ?? 0) && (await status()).backlog === 0, {
      what: 'all records to be in events, and the backlog to be gone',
      ...PATIENCE,
    });
    const all = received();
    expect(records()).toBe(stored?.records);
    expect(stored?.records).toBeGreaterThanOrEqual(reports);
    for (const events of all) {
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    }
  });
});
