import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { waitFor } from '../support/wait-for.js';

const PATIENCE = { timeoutMs: 30_000 };
const QUIET = '357000000000001';
const ALARM = '357000000000002';

let database: TestDatabase;
let receiver: WebhookReceiver;
let env: Record<string, string>;
const gateways: Gateway[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await WebhookReceiver.start();
  env = { NOTIFICATION_URL: receiver.url, TELEMETRY_WEBHOOK_ENABLED: 'true', TELEMETRY_EVENT_INTERVAL: '3600' };
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await receiver.close();
  await database.drop();
});

async function start(): Promise<Gateway> {
  const gateway = await Gateway.start(database.url, env);
  gateways.push(gateway);
  return gateway;
}

it('reports an alarm at once, and what a killed instance has stored after the interval, by another one', async () => {
  const dying = await start();
  const [quiet, alarm] = [await FakeDevice.logIn(dying.devicePort, QUIET), await FakeDevice.logIn(dying.devicePort, ALARM)];
  const now = Date.now();
  await quiet.exchange(recordsFrame([{ timestampMs: now }, { timestampMs: now + 1 }]));
  await alarm.exchange(recordsFrame([{ timestampMs: now, priority: 1 }]));
  await waitFor(() => receiver.events.length > 0, { what: 'the alarm', ...PATIENCE });
  expect(receiver.events.map(({ imei, recordCount }) => [imei, recordCount])).toEqual([[ALARM, 1]]);

  gateways.pop();
  await dying.kill();
  [quiet, alarm].forEach((device) => device.close());
  expect(await database.query('select imeis from tbl_iot_telemetry_arrivals')).toEqual([{ imeis: [QUIET] }]);

  await start();
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = relayed_at - interval '1 hour'`);
  await waitFor(() => receiver.events.length > 1, { what: 'the records of the instance that was killed', ...PATIENCE });
  expect(receiver.events[1]).toMatchObject({ imei: QUIET, type: 'telemetry', sequence: 1, recordCount: 2 });
  expect(await database.query('select from tbl_iot_telemetry_arrivals')).toEqual([]);
});
