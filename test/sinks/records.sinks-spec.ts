import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { type Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';
import { type Received } from './engine-reader.js';
import { IMEIS, type SinkAnswer, SinkFixture } from './sink-fixture.js';
import { TEST_ENGINES } from './test-engines.js';

const RECORDS = { SINK_TELEMETRY: 'records' };
const RECORDS_PER_FRAME = 10;

interface RecordMessage {
  readonly recordId: string;
  readonly type: string;
  readonly imei: string;
  readonly timestamp: string;
  readonly receivedAt: string;
  readonly gps: object;
  readonly attributes: object;
}

let fixture: SinkFixture;

beforeEach(async () => {
  fixture = await SinkFixture.create(TEST_ENGINES[0]!);
});

afterEach(async () => {
  await fixture.stop();
});

/** Sends frames of one device, each after the acknowledgement of the one before; the device times count up from `from`. */
async function send(gateway: Gateway, imei: string, from: number, frames: number): Promise<void> {
  const device = await FakeDevice.logIn(gateway.devicePort, imei);
  for (let frame = 0; frame < frames; frame++) {
    const first = from + frame * RECORDS_PER_FRAME;
    const records = Array.from({ length: RECORDS_PER_FRAME }, (_, index) => ({
      timestampMs: first + index,
      io: [{ id: 66, width: 2 as const, value: 12_345 }],
    }));
    expect(await device.exchange(recordsFrame(records))).toBe(RECORDS_PER_FRAME);
  }
  device.close();
}

async function recordMessages(): Promise<(RecordMessage & Received)[]> {
  const received = await fixture.reader.read();
  return received
    .filter(({ topic }) => topic.endsWith('.record'))
    .map((message) => ({ ...message, ...(JSON.parse(message.payload) as RecordMessage) }));
}

async function recordSink(gateway: Gateway): Promise<SinkAnswer> {
  const { body } = await gateway.get<{ sinks: SinkAnswer[] }>('sinks');
  return body.sinks.find(({ name }) => name === 'nats-records')!;
}

async function caughtUp(gateway: Gateway): Promise<SinkAnswer> {
  return waitFor(
    async () => {
      const sink = await recordSink(gateway);
      return sink.state === 'publishing' && sink.lagEvents === 0 && sink;
    },
    { timeoutMs: 60_000, what: 'all records to be published' },
  );
}

/** Every stored record is at the engine, those of a device in the order in which they were acknowledged. */
async function expectAllRecords(): Promise<void> {
  const stored = await fixture.database.query<{ id: string }>(
    `select format('rec_%s_%s_%s', iot_imei, round(extract(epoch from iot_timestamp) * 1000), record_hash) as id from tbl_iot_telemetry_data`,
  );
  const messages = await recordMessages();
  expect([...new Set(messages.map(({ id }) => id))].sort()).toEqual(stored.map(({ id }) => id).sort());
  for (const imei of IMEIS) {
    const times = [
      ...new Map(messages.filter((message) => message.imei === imei).map(({ id, timestamp }) => [id, timestamp])).values(),
    ];
    expect(times).toEqual([...times].sort());
  }
}

it('publishes every stored record once, resent ones not again, and no telemetry event', async () => {
  const gateway = await fixture.startGateway(RECORDS);
  const now = Date.now();
  await Promise.all(IMEIS.map((imei) => send(gateway, imei, now, 5)));
  await send(gateway, IMEIS[0]!, now, 2);
  const { published } = await caughtUp(gateway);
  expect(published).toBe(IMEIS.length * 5 * RECORDS_PER_FRAME);
  await expectAllRecords();
  expect(await recordMessages()).toHaveLength(published);
  expect((await fixture.reader.read()).filter(({ topic }) => topic.endsWith('.telemetry'))).toEqual([]);

  const [first] = (await recordMessages()).filter(({ imei }) => imei === IMEIS[1]);
  expect(first).toMatchObject({
    type: 'record',
    recordId: first!.id,
    topic: `iot.${IMEIS[1]!}.record`,
    timestamp: new Date(now).toISOString(),
  });
  expect(first).toMatchObject({ gps: { fix: false }, receivedAt: expect.any(String) as string });
  expect(first!.attributes).toEqual({ external_voltage: 12_345 });
});

it('publishes every record when the gateway is killed and the engine is away, and again after a rewind', async () => {
  const now = Date.now();
  // With the feed, the relay takes the arrivals of the same batches.
  const env = { ...RECORDS, EVENT_FEED_ENABLED: 'true' };
  let gateway = await fixture.startGateway(env);
  await Promise.all(IMEIS.map((imei) => send(gateway, imei, now, 10)));
  await gateway.kill();
  await fixture.server.kill();
  gateway = await fixture.startGateway(env);
  await Promise.all(IMEIS.map((imei) => send(gateway, imei, now + 1_000, 10)));
  await fixture.server.start();
  await caughtUp(gateway);
  await expectAllRecords();

  const before = (await recordMessages()).length;
  const stored = IMEIS.length * 20 * RECORDS_PER_FRAME;
  expect((await gateway.post('sinks/nats-records/rewind', { cursor: '0_0' })).status).toBe(200);
  await waitFor(async () => (await recordMessages()).length >= before + stored, { timeoutMs: 30_000, what: 'all records again' });
  await expectAllRecords();
});
