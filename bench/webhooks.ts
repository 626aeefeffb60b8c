import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Client } from 'pg';
import { postFromBareClient } from './bare-http-client.js';
import { databaseCpuSeconds } from './database-cpu.js';
import { Gateway } from './gateway.js';
import { LoadDevice } from './load-device.js';
import { pace } from './pace.js';
import { percentile } from './percentile.js';

const WARM_UP_MS = 3_000;
const MEASURED_MS = 8_000;
const BACKLOG = 30_000;
/** Most of it waits for earlier events of the same device. */
const FEW_DEVICES = 100;
const FEW_BACKLOG = 10_000;
/** TELEMETRY_EVENT_INTERVAL, and time for a round and its deliveries. */
const RELAYED_WITHIN_MS = 2_000;
const DEVICES = 1_000;
const SLOW_ANSWER_MS = 200;
const SLOW_DEVICES = 500;
const SLOW_BACKLOG = 2_500;
const STEADY_PER_SECOND = 500;
/** Events that one appending statement writes: the load generator must cost less than what it measures. */
const EVENTS_AT_A_TIME = 5;
const INGEST_DEVICES = 200;
const RECORDS_PER_FRAME = 10;
const DAY_MS = 86_400_000;
/** The gateway's own default. */
const DELIVERIES_AT_A_TIME = 32;
/** As long as those of a delivery. */
const BARE_HEADERS = {
  'webhook-id': 'evt_0192b7f0-6f1e-7c3a-9b1d-3f6f5a0c9d11',
  'webhook-timestamp': '1790000000',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const BARE_BODY = JSON.stringify({
  identified: true,
  imei: '352094000000001',
  command: 'setdigout 1?',
  response: 'DOUT1:1 Timeout:INFINITY',
  metadata: { job_id: 1 },
  command_log_id: '1',
  late: false,
  attempts: 1,
  type: 'command.completed',
  sequence: 1,
  created_at: '2026-01-01T00:00:00.000000+00:00',
});

interface BacklogFigures {
  readonly deliveriesPerSecond: number;
  /** Of one core, while it delivers as fast as it can. */
  readonly gatewayCpuShare: number;
  readonly gatewayCpuMicrosecondsPerDelivery: number;
  readonly databaseCpuMicrosecondsPerDelivery: number;
}

export interface WebhookFigures extends BacklogFigures {
  readonly backlog: number;
  /** The same with WEBHOOK_BATCH_SIZE=50. */
  readonly inBatches: BacklogFigures;
  readonly fewBacklog: number;
  readonly fewDevices: number;
  readonly ofFewDevices: BacklogFigures;
  /** A host that takes SLOW_ANSWER_MS for each event, and what WEBHOOK_CONCURRENCY allows. */
  readonly slowPerSecond: number;
  readonly slowPossiblePerSecond: number;
  readonly slowResidentMegabytes: number;
  /** A client that does nothing else, with as many POSTs at a time. */
  readonly barePostsPerSecond: number;
  readonly bareCpuMicrosecondsPerPost: number;
  readonly steadyPerSecond: number;
  readonly receiptToDeliveryP50Ms: number;
  readonly receiptToDeliveryP99Ms: number;
  /** Records a second: without telemetry events, with a host that takes them, with one that is down. */
  readonly ingestSilent: number;
  readonly ingestLiveHost: number;
  readonly ingestDeadHost: number;
}

interface Backlog {
  readonly events: number;
  readonly devices: number;
  /** Of the gateway that delivers it. */
  readonly environment?: Record<string, string>;
}

interface ReceivedEvent {
  readonly imei: string;
  readonly sequence: number;
  /** Of a telemetry event, ISO 8601. */
  readonly firstReceivedAt?: string;
  readonly atMs: number;
}

/** Deliveries of a backlog, the time from receipt to delivery at a steady pace, and what a host that is down does to the ingest. */
export async function benchWebhooks(databaseUrl: string, cwd: string): Promise<WebhookFigures> {
  const worker = new Worker(new URL('./webhook-host.js', import.meta.url));
  const [port] = (await once(worker, 'message')) as [number];
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const url = `http://127.0.0.1:${port}`;
    const all = { events: BACKLOG, devices: DEVICES };
    const draining = await measureBacklog(databaseUrl, cwd, database, url, worker, all);
    const inBatches = await measureBacklog(databaseUrl, cwd, database, url, worker, {
      ...all,
      environment: { WEBHOOK_BATCH_SIZE: '50' },
    });
    const few = { events: FEW_BACKLOG, devices: FEW_DEVICES };
    const ofFewDevices = await measureBacklog(databaseUrl, cwd, database, url, worker, few);
    const bare = await measureBare(url, worker);
    const slow = await measureSlowHost(databaseUrl, cwd, database);
    const latencies = await measureLatency(databaseUrl, cwd, url, worker);
    // Ports without a listener refuse at once.
    const ingestDeadHost = await measureIngest(databaseUrl, cwd, telemetryTo('http://127.0.0.1:9'));
    const ingestLiveHost = await measureIngest(databaseUrl, cwd, telemetryTo(url));
    const ingestSilent = await measureIngest(databaseUrl, cwd, {});
    return {
      backlog: BACKLOG,
      ...draining,
      inBatches,
      fewBacklog: FEW_BACKLOG,
      fewDevices: FEW_DEVICES,
      ofFewDevices,
      ...bare,
      ...slow,
      steadyPerSecond: STEADY_PER_SECOND,
      receiptToDeliveryP50Ms: percentile(latencies, 0.5),
      receiptToDeliveryP99Ms: percentile(latencies, 0.99),
      ingestSilent,
      ingestLiveHost,
      ingestDeadHost,
    };
  } finally {
    await database.end();
    await worker.terminate();
  }
}

async function measureBacklog(
  databaseUrl: string,
  cwd: string,
  database: Client,
  url: string,
  worker: Worker,
  { events, devices, environment = {} }: Backlog,
): Promise<BacklogFigures> {
  const warmUp = await Gateway.start(databaseUrl, cwd);
  await warmUp.stop();
  await append(database, events, devices);
  const gateway = await Gateway.start(databaseUrl, cwd, {
    NOTIFICATION_URL: url,
    IOT_API_KEY: 'bench-webhooks',
    WEBHOOK_SECRET: SECRET,
    ...environment,
  });
  let count = await untilReceived(worker, 1);
  const from = { at: performance.now(), cpu: gateway.cpuSeconds(), databaseCpu: await databaseCpuSeconds(database) };
  const left = events - count;
  count = await untilReceived(worker, left);
  const seconds = (performance.now() - from.at) / 1000;
  const cpu = gateway.cpuSeconds() - from.cpu;
  const databaseCpu = (await databaseCpuSeconds(database)) - from.databaseCpu;
  await gateway.stop();
  return {
    deliveriesPerSecond: count / seconds,
    gatewayCpuShare: cpu / seconds,
    gatewayCpuMicrosecondsPerDelivery: (cpu / count) * 1e6,
    databaseCpuMicrosecondsPerDelivery: (databaseCpu / count) * 1e6,
  };
}

/** All connections wait for the host nearly all the time. */
async function measureSlowHost(databaseUrl: string, cwd: string, database: Client) {
  const worker = new Worker(new URL('./webhook-host.js', import.meta.url), { workerData: { answersAfterMs: SLOW_ANSWER_MS } });
  const [port] = (await once(worker, 'message')) as [number];
  await append(database, SLOW_BACKLOG, SLOW_DEVICES);
  const gateway = await Gateway.start(databaseUrl, cwd, { NOTIFICATION_URL: `http://127.0.0.1:${port}`, WEBHOOK_SECRET: SECRET });
  const count = await untilReceived(worker, 1);
  const startedAt = performance.now();
  const received = await untilReceived(worker, SLOW_BACKLOG - count);
  const slowPerSecond = (received * 1000) / (performance.now() - startedAt);
  const slowResidentMegabytes = gateway.residentBytes() / 1e6;
  await gateway.stop();
  await worker.terminate();
  return { slowPerSecond, slowPossiblePerSecond: (DELIVERIES_AT_A_TIME * 1000) / SLOW_ANSWER_MS, slowResidentMegabytes };
}

async function measureBare(url: string, worker: Worker) {
  const { perSecond, cpuMicroseconds } = await postFromBareClient({
    url: `${url}/webhooks/iot/v1/command/confirm`,
    body: BARE_BODY,
    headers: BARE_HEADERS,
    count: BACKLOG,
    atATime: DELIVERIES_AT_A_TIME,
  });
  await take(worker);
  return { barePostsPerSecond: perSecond, bareCpuMicrosecondsPerPost: cpuMicroseconds };
}

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** From the receipt of an event's first record, which waits for the next round of the relay, until the host has the event. */
async function measureLatency(databaseUrl: string, cwd: string, url: string, worker: Worker): Promise<number[]> {
  const gateway = await Gateway.start(databaseUrl, cwd, telemetryTo(url));
  const devices = newDevices(gateway.port, DEVICES, 1, () => undefined);
  await logIn(devices);
  let turn = 0;
  const send = (durationMs: number): Promise<void> =>
    pace(STEADY_PER_SECOND, durationMs, () => devices[turn++ % devices.length]?.sendWhenDue());
  await send(WARM_UP_MS);
  await take(worker);
  await send(MEASURED_MS);
  await delay(RELAYED_WITHIN_MS);
  const received = await take(worker);
  devices.forEach((device) => device.close());
  await gateway.stop();
  return received.flatMap(({ firstReceivedAt, atMs }) =>
    firstReceivedAt === undefined ? [] : [atMs - Date.parse(firstReceivedAt)],
  );
}

async function measureIngest(databaseUrl: string, cwd: string, environment: Record<string, string>): Promise<number> {
  const gateway = await Gateway.start(databaseUrl, cwd, environment);
  let acknowledged = 0;
  const devices = newDevices(gateway.port, INGEST_DEVICES, RECORDS_PER_FRAME, (records) => (acknowledged += records));
  await logIn(devices);
  devices.forEach((device) => device.start());
  await delay(WARM_UP_MS);
  const from = { at: performance.now(), acknowledged };
  await delay(MEASURED_MS);
  const records = ((acknowledged - from.acknowledged) * 1000) / (performance.now() - from.at);
  await Promise.all(devices.map((device) => device.stop()));
  devices.forEach((device) => device.close());
  await gateway.stop();
  return records;
}

let runs = 0;

/** Device times of their own for every run: what is in the table already would go the slow way. */
function newDevices(
  port: number,
  count: number,
  recordsPerFrame: number,
  onAcknowledged: (records: number) => void,
): LoadDevice[] {
  const firstTimestampMs = Math.floor(Date.now() / DAY_MS) * DAY_MS + runs++ * 3_600_000;
  return Array.from({ length: count }, (_, index) => {
    const imei = String(355_000_000_000_000 + index);
    return new LoadDevice({ host: '127.0.0.1', port, imei, recordsPerFrame, firstTimestampMs, onAcknowledged }, index);
  });
}

async function logIn(devices: readonly LoadDevice[]): Promise<void> {
  for (let start = 0; start < devices.length; start += 250) {
    await Promise.all(devices.slice(start, start + 250).map((device) => device.logIn()));
  }
}

function telemetryTo(url: string): Record<string, string> {
  return { NOTIFICATION_URL: url, TELEMETRY_WEBHOOK_ENABLED: 'true', WEBHOOK_SECRET: SECRET };
}

/** Completed commands of many devices. */
async function append(database: Client, count: number, devices = DEVICES): Promise<void> {
  for (let done = 0; done < count; done += devices * EVENTS_AT_A_TIME) {
    await database.query(
      `with numbered as (
         insert into tbl_iot_event_sequences as known (imei, last_sequence, last_transaction_id)
         select (352094000000000 + device)::text, $1, pg_current_xact_id() from generate_series(1, $2::int) as device
         on conflict (imei) do update set last_sequence = known.last_sequence + excluded.last_sequence,
                                          last_transaction_id = greatest(known.last_transaction_id, pg_current_xact_id())
         returning imei, last_sequence, last_transaction_id
       ),
       recorded as (
         insert into tbl_iot_events (transaction_id, imei, sequence, type, body)
         select last_transaction_id, imei, last_sequence - $1 + round, 'command.completed', json_build_object(
                  'identified', true, 'imei', imei, 'command', 'setdigout 1?', 'response', 'DOUT1:1 Timeout:INFINITY',
                  'metadata', json_build_object('job_id', round), 'command_log_id', imei, 'late', false, 'attempts', 1)
           from generate_series(1, $1::int) as round, numbered
          order by round, imei
         returning imei, sequence, event_id, type
       )
       insert into tbl_iot_deliveries (imei, sequence, event_id, type)
       select imei, sequence, event_id, type from recorded`,
      [EVENTS_AT_A_TIME, devices],
    );
  }
}

async function take(worker: Worker): Promise<ReceivedEvent[]> {
  worker.postMessage('take');
  const [received] = (await once(worker, 'message')) as [ReceivedEvent[]];
  return received;
}

async function untilReceived(worker: Worker, count: number): Promise<number> {
  for (let received = 0; ; await delay(20)) {
    received += (await take(worker)).length;
    if (received >= count) {
      return received;
    }
  }
}
