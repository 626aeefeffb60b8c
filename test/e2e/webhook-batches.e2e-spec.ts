import { Webhook } from 'standardwebhooks';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { Gateway } from '../support/gateway.js';
import { type WebhookBody, WebhookReceiver } from '../support/webhook-receiver.js';
import { waitFor } from '../support/wait-for.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PATH = '/webhooks/iot/v1/events';
const DEVICES = 30;
const PATIENCE = { timeoutMs: 60_000 };

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

async function start(): Promise<void> {
  gateway = await Gateway.start(database.url, {
    NOTIFICATION_URL: receiver.url,
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_BATCH_SIZE: '10',
    WEBHOOK_TIMEOUT_SECONDS: '1',
    WEBHOOK_RETRY_SCHEDULE: '0,200ms,200ms,500ms,1s,2s,5s,5s,5s,5s,5s,5s',
  });
}

/** Three events of each device. */
async function append(): Promise<void> {
  await database.query(
    `with recorded as (
       insert into tbl_iot_events (imei, sequence, type, body)
       select (350612000000000 + device)::text, number, 'command.completed', json_build_object('imei', (350612000000000 + device)::text)
         from generate_series(1, 3) number, generate_series(1, $1::int) device order by number, device
       returning imei, sequence, event_id, type
     )
     insert into tbl_iot_deliveries (imei, sequence, event_id, type) select imei, sequence, event_id, type from recorded`,
    [DEVICES],
  );
}

const batches = () => receiver.received.filter(({ path }) => path === PATH);
const eventsOf = (body: WebhookBody) => (body.events ?? [body]) as readonly WebhookBody[];

async function allIsDelivered(): Promise<void> {
  const backlog = async () => (await gateway.client.webhooks.status()).backlog;
  await waitFor(async () => (await backlog()) === 0, { what: 'the backlog to be gone', ...PATIENCE });
}

/** Numbers of each device in the order of their first acceptance; `isTaken` says which events of an accepted request count. */
function expectOrder(isTaken: (event: WebhookBody, path: string) => boolean = () => true): void {
  const numbers = new Map<string, (number | null)[]>();
  for (const { body, path } of receiver.accepted) {
    for (const event of eventsOf(body).filter((each) => isTaken(each, path))) {
      const known = numbers.get(event.imei!) ?? [];
      numbers.set(event.imei!, known.includes(event.sequence) ? known : [...known, event.sequence]);
    }
  }
  expect(numbers.size).toBe(DEVICES);
  expect([...numbers.values()]).toEqual(Array.from({ length: DEVICES }, () => [1, 2, 3]));
}

describe('a batch of events', () => {
  it('is signed as one, has one event of a device, and is accepted as a whole', async () => {
    await append();
    await start();
    await allIsDelivered();
    expectOrder();
    expect(receiver.received.length).toBeLessThan(DEVICES);
    for (const { body, id, text, headers } of batches()) {
      expect(body).toMatchObject({ eventId: id, type: 'batch', sequence: null });
      expect(eventsOf(body).length).toBeLessThanOrEqual(10);
      expect(new Set(eventsOf(body).map(({ imei }) => imei)).size).toBe(eventsOf(body).length);
      new Webhook(SECRET).verify(text, headers as Record<string, string>);
    }
    const { eventId } = eventsOf(batches()[0]!.body)[0]!;
    expect(await gateway.client.webhooks.event(eventId)).toMatchObject({
      event: { state: 'delivered', attempts: 1 },
      attempts: [{ attempt: 1, status: 200, webhookId: batches()[0]!.id, error: null }],
    });
  });

  it('is accepted in part: what the answer lists comes again alone, before the next event of its device', async () => {
    const refused = '350612000000007';
    const listed = (body: WebhookBody) => eventsOf(body).filter(({ imei, sequence }) => imei === refused && sequence === 2);
    receiver.reply = ({ path, body }) =>
      path === PATH
        ? { status: 200, body: JSON.stringify({ results: listed(body).map(({ eventId }) => ({ eventId, status: 'retry' })) }) }
        : 200;
    await append();
    await start();
    await allIsDelivered();
    expectOrder(({ imei, sequence }, path) => !(path === PATH && imei === refused && sequence === 2));
    expect(receiver.accepted.filter(({ path }) => path !== PATH).map(({ body }) => [body.imei, body.sequence])).toContainEqual([
      refused,
      2,
    ]);
  });

  it('that is refused is divided into single deliveries', async () => {
    receiver.reply = ({ path }) => (path === PATH ? 422 : 200);
    await append();
    await start();
    await allIsDelivered();
    expectOrder();
    const ids = batches().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('whose answer was lost comes again with the same id and the same bytes, also after kill -9', async () => {
    receiver.reply = () => 'hang';
    await append();
    await start();
    await waitFor(() => batches().length >= 3, { what: 'three batches', ...PATIENCE });
    await gateway.kill();
    const lost = batches().map(({ id, text }) => `${id} ${text}`);
    receiver.reply = () => 200;
    await start();
    await allIsDelivered();
    expectOrder();
    const again = new Set(receiver.accepted.map(({ id, text }) => `${id} ${text}`));
    expect(lost.filter((request) => !again.has(request))).toEqual([]);
  });
});
