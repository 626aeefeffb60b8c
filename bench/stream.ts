import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Client } from 'pg';
import { Gateway } from './gateway.js';
import { LoadFleet } from './load-fleet.js';
import { percentile } from './percentile.js';
import { type StreamClients, type StreamedEvent } from './stream-clients.js';

export const STREAMS = 1_000;
export const EVENTS_PER_SECOND = 500;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 8_000;
/** For what is in flight. */
const REST_MS = 2_000;
const SAMPLE_EVERY_MS = 200;
const INGEST = { devices: 200, recordsPerFrame: 10 };
const ENVIRONMENT = {
  EVENT_FEED_ENABLED: 'true',
  STREAM_MAX_CONNECTIONS: String(STREAMS),
  STREAM_MAX_CONNECTIONS_PER_KEY: String(STREAMS),
};

export interface DelayFigures {
  readonly commitToClientP50Ms: number;
  readonly commitToClientP99Ms: number;
  readonly residentMegabytes: number;
  /** Microseconds of CPU for an event, with the ingest of its record. */
  readonly gatewayCpu: number;
}

/** Devices report at an even pace; each of the streams follows one of them. */
export async function measureDelay(databaseUrl: string, cwd: string): Promise<DelayFigures> {
  const gateway = await Gateway.start(databaseUrl, cwd, ENVIRONMENT);
  const fleet = new LoadFleet(gateway.port, { devices: STREAMS, recordsPerFrame: 1 });
  await fleet.logIn();
  const worker = await openStreams(gateway, STREAMS);
  await fleet.sendEvenly(EVENTS_PER_SECOND, WARM_UP_MS);
  await take(worker);
  const cpu = gateway.cpuSeconds();
  const peak = watchResident(gateway);
  await fleet.sendEvenly(EVENTS_PER_SECOND, MEASURED_MS);
  await delay(REST_MS);
  const residentMegabytes = peak() / 1e6;
  const received = await take(worker);
  const gatewayCpu = ((gateway.cpuSeconds() - cpu) / received.length) * 1e6;
  await worker.terminate();
  fleet.close();
  await gateway.stop();
  const committed = await commitTimes(databaseUrl);
  const delays = received.flatMap(({ imei, sequence, atMs }) => {
    const committedAtMs = committed.get(`${imei} ${sequence}`);
    return committedAtMs === undefined ? [] : [atMs - committedAtMs];
  });
  return {
    commitToClientP50Ms: percentile(delays, 0.5),
    commitToClientP99Ms: percentile(delays, 0.99),
    residentMegabytes,
    gatewayCpu,
  };
}

/** Records a second at full speed, with a number of streams open. */
export async function measureIngest(databaseUrl: string, cwd: string, streams: number): Promise<number> {
  const gateway = await Gateway.start(databaseUrl, cwd, ENVIRONMENT);
  const fleet = new LoadFleet(gateway.port, INGEST);
  await fleet.logIn();
  const worker = streams > 0 ? await openStreams(gateway, streams) : null;
  fleet.start();
  await delay(WARM_UP_MS);
  const from = { at: performance.now(), acknowledged: fleet.acknowledged };
  await delay(MEASURED_MS);
  const perSecond = ((fleet.acknowledged - from.acknowledged) * 1000) / (performance.now() - from.at);
  await fleet.stop();
  await worker?.terminate();
  fleet.close();
  await gateway.stop();
  return perSecond;
}

async function openStreams({ apiUrl, apiKey }: Gateway, count: number): Promise<Worker> {
  const imeis = Array.from({ length: count }, (_, index) => String(350_612_000_000_000 + index));
  const workerData: StreamClients = { apiUrl, apiKey, imeis };
  const worker = new Worker(new URL('./stream-clients.js', import.meta.url), { workerData });
  await once(worker, 'message');
  return worker;
}

async function take(worker: Worker): Promise<StreamedEvent[]> {
  worker.postMessage('take');
  const [received] = (await once(worker, 'message')) as [StreamedEvent[]];
  return received;
}

/** Returns what ends the watching and gives the most that was resident, in bytes. */
function watchResident(gateway: Gateway): () => number {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, gateway.residentBytes())), SAMPLE_EVERY_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}

/** When each event was committed, in Unix milliseconds. The server has `track_commit_timestamp` on. */
async function commitTimes(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows } = await database.query<{ key: string; committedAtMs: number }>(
    `select imei || ' ' || sequence as key, extract(epoch from pg_xact_commit_timestamp(transaction_id::text::xid))::float8 * 1000 as "committedAtMs"
       from tbl_iot_events where type = 'telemetry'`,
  );
  await database.end();
  return new Map(rows.map(({ key, committedAtMs }) => [key, committedAtMs]));
}
