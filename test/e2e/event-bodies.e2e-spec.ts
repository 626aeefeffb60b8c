import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type CommandOptions, postCommand } from '../support/command-client.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { type OpenApiDocument, readOpenApi } from '../support/open-api.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { type ReceivedWebhook, WebhookReceiver } from '../support/webhook-receiver.js';

const REPLY = 6;
const PATIENCE = { timeoutMs: 30_000 };
const GOLDEN = new URL('../fixtures/events/', import.meta.url);
const METADATA = { job_id: '123' };
const QUEUED = 'DOUT1:1 Timeout:15s IGN ON, QUEUED';
/** Fields whose values differ from run to run. */
const VOLATILE = ['command_log_id', 'messageId', 'remotePort', 'instance', 'epoch', 'superseded_by'];

let database: TestDatabase;
let receiver: WebhookReceiver;
let document: OpenApiDocument;
let ajv: Ajv2020;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await WebhookReceiver.start();
});

afterAll(async () => {
  await receiver.close();
  await database.drop();
});

interface Golden {
  readonly path: string;
  readonly body: unknown;
}

function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`${name}.json`, GOLDEN), 'utf8')) as Golden;
}

/** The same with times, ids and the like replaced by what they are. */
function withoutVolatile(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withoutVolatile(item));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutVolatile(inner, key)]));
  }
  if (typeof value === 'string') {
    return textWithoutVolatile(value, name);
  }
  return value !== null && VOLATILE.includes(name) ? `<${typeof value}>` : value;
}

function textWithoutVolatile(value: string, name: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) {
    return '<time>';
  }
  if (VOLATILE.includes(name)) {
    return '<string>';
  }
  return value.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '<uuid>');
}

function isOf({ body }: ReceivedWebhook, type: string, imei: string): boolean {
  return body.type === type && (body.entries?.[0] ?? body).imei === imei;
}

async function expectGolden(name: string, type: string, imei: string): Promise<void> {
  const request = await waitFor(() => receiver.received.find((each) => isOf(each, type, imei)), {
    what: `a webhook of ${type}`,
    ...PATIENCE,
  });
  const pointer = `#/webhooks/${type}/post/requestBody/content/application~1json/schema`;
  const isValid = ajv.validate({ $ref: `document${pointer}` }, request.body);
  expect([type, isValid ? null : ajv.errors]).toEqual([type, null]);
  expect({ path: request.path, body: withoutVolatile(request.body) }).toEqual(golden(name));
}

describe('every event type has a schema and a golden body, which its webhook follows', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await Gateway.start(database.url, {
      NOTIFICATION_URL: receiver.url,
      WEBHOOK_EVENTS: [
        'command.completed,command.failed,command.retried,command.postponed',
        'telemetry,device.message,device.connected,device.disconnected',
      ].join(','),
      IOT_COMMAND_TIMEOUT: '1',
      DEFAULT_MAX_IOT_COMMAND_RETRY: '1',
    });
    document = await readOpenApi(gateway.apiUrl);
    ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
  });

  afterAll(() => gateway.stop());

  function command(imei: string, text: string, extra: CommandOptions = {}): Promise<string> {
    return postCommand(gateway, imei, text, { metadata: METADATA, ...extra });
  }

  it('there is one for each type', () => {
    const names = readdirSync(GOLDEN).map((file) => file.replace('.json', ''));
    // Several events of these types in one request; its entries have the same bodies.
    const types = Object.keys(document.webhooks).filter((name) => name !== 'batch');
    expect(types.length).toBe(8);
    expect(names).toEqual(expect.arrayContaining(types));
  });

  it('device.connected and device.disconnected', async () => {
    const imei = '352000000000001';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    device.close();
    await expectGolden('device.connected', 'device.connected', imei);
    await expectGolden('device.disconnected', 'device.disconnected', imei);
  });

  it('device.message', async () => {
    const imei = '352000000000002';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    device.send(codec12Frame(REPLY, 'Hello'));
    await expectGolden('device.message', 'device.message', imei);
    device.close();
  });

  it('command.completed', async () => {
    const imei = '352000000000003';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await command(imei, 'getio');
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    await expectGolden('command.completed', 'command.completed', imei);
    device.close();
  });

  it('command.failed', async () => {
    const imei = '352000000000004';
    const id = await command(imei, 'getver', { mode: 'queue' });
    await gateway.client.commands.cancel(id);
    await expectGolden('command.failed', 'command.failed', imei);
  });

  it('command.retried', async () => {
    const imei = '352000000000005';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await command(imei, 'getver');
    await expectGolden('command.retried', 'command.retried', imei);
    device.close();
  });

  it('command.postponed', async () => {
    const imei = '352000000000006';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await command(imei, 'setigndigout 1 15');
    await device.command();
    device.send(codec12Frame(REPLY, QUEUED));
    await expectGolden('command.postponed', 'command.postponed', imei);
    device.close();
  });

  it('telemetry', async () => {
    const imei = '352000000000007';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await device.exchange(telemetry(1));
    await expectGolden('telemetry', 'telemetry', imei);
    device.close();
  });
});

describe('telemetry with every record', () => {
  it('follows its schema and its golden body', async () => {
    const own = await createTestDatabase();
    const gateway = await Gateway.start(own.url, {
      NOTIFICATION_URL: receiver.url,
      TELEMETRY_WEBHOOK_ENABLED: 'true',
      WEBHOOK_TELEMETRY_RECORDS: 'all',
    });
    const imei = '352000000000008';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await device.exchange(telemetry(2));
    await expectGolden('telemetry-all-records', 'telemetry', imei);
    device.close();
    await gateway.stop();
    await own.drop();
  });
});

/** Records of a moving device with a typed value, an ICCID and a value that has no column. */
function telemetry(count: number): Buffer {
  const base = Date.now() - 60_000;
  const io = [
    { id: 240, width: 1, value: 1 },
    { id: 66, width: 2, value: 12_345 },
    { id: 14, width: 8, value: 500_686_954n },
    { id: 10, width: 1, value: 3 },
  ] as const;
  const place = { latitude: 546_872_000, longitude: 252_797_000, altitude: 120, angle: 90, satellites: 9 };
  return recordsFrame(
    Array.from({ length: count }, (_, index) => ({ timestampMs: base + index * 1_000, ...place, speed: 40 + index, io })),
  );
}
