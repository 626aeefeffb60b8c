import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { Gateway } from './gateway.js';
import { LoadDevice } from './load-device.js';
import { percentile } from './percentile.js';
import { measureRawCopy } from './raw-copy.js';

const RECORDS_PER_FRAME = 10;
const WARM_UP_MS = 4_000;
const MEASURED_MS = 10_000;
const SAMPLE_EVERY_MS = 200;
const DAY_MS = 86_400_000;

export interface IngestFigures {
  readonly devices: number;
  readonly recordsPerSecond: number;
  readonly acknowledgementP50Ms: number;
  readonly acknowledgementP99Ms: number;
  readonly gatewayCpuMicrosecondsPerRecord: number;
  readonly gatewayResidentMegabytes: number;
  readonly rawCopyRowsPerSecond: number;
  /** Durable records a second of the gateway, as a part of what COPY alone does with the same rows. */
  readonly ratioToRawCopy: number;
}

/** Devices that send as fast as they are acknowledged, then the same rows once more by COPY alone. */
export async function benchIngest(databaseUrl: string, cwd: string, devices: number): Promise<IngestFigures> {
  const gateway = await Gateway.start(databaseUrl, cwd);
  const load = await measureLoad(gateway, devices);
  await gateway.stop();
  await requireStored(databaseUrl, load.acknowledgedInAll);
  const rawCopyRowsPerSecond = await measureRawCopy(databaseUrl);
  return {
    devices,
    recordsPerSecond: load.recordsPerSecond,
    acknowledgementP50Ms: percentile(load.latenciesMs, 0.5),
    acknowledgementP99Ms: percentile(load.latenciesMs, 0.99),
    gatewayCpuMicrosecondsPerRecord: load.cpuMicrosecondsPerRecord,
    gatewayResidentMegabytes: load.peakResidentBytes / 1e6,
    rawCopyRowsPerSecond,
    ratioToRawCopy: load.recordsPerSecond / rawCopyRowsPerSecond,
  };
}

async function measureLoad(gateway: Gateway, deviceCount: number) {
  let acknowledgedInAll = 0;
  let latenciesMs: number[] = [];
  const firstTimestampMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const devices = Array.from({ length: deviceCount }, (_, index) => {
    const imei = String(350_612_000_000_000 + index);
    const onAcknowledged = (records: number, latencyMs: number) => {
      acknowledgedInAll += records;
      latenciesMs.push(latencyMs);
    };
    return new LoadDevice(
      { host: '127.0.0.1', port: gateway.port, imei, recordsPerFrame: RECORDS_PER_FRAME, firstTimestampMs, onAcknowledged },
      index,
    );
  });
  for (let start = 0; start < devices.length; start += 500) {
    await Promise.all(devices.slice(start, start + 500).map((device) => device.logIn()));
  }
  devices.forEach((device) => device.start());
  await delay(WARM_UP_MS);

  latenciesMs = [];
  const before = { acknowledged: acknowledgedInAll, cpu: gateway.cpuSeconds(), at: performance.now() };
  let peakResidentBytes = 0;
  while (performance.now() - before.at < MEASURED_MS) {
    await delay(SAMPLE_EVERY_MS);
    peakResidentBytes = Math.max(peakResidentBytes, gateway.residentBytes());
  }
  const seconds = (performance.now() - before.at) / 1000;
  const records = acknowledgedInAll - before.acknowledged;
  const cpuSeconds = gateway.cpuSeconds() - before.cpu;
  const measuredLatencies = latenciesMs;

  await Promise.all(devices.map((device) => device.stop()));
  devices.forEach((device) => device.close());
  return {
    acknowledgedInAll,
    recordsPerSecond: records / seconds,
    latenciesMs: measuredLatencies,
    cpuMicrosecondsPerRecord: (cpuSeconds / records) * 1e6,
    peakResidentBytes,
  };
}

/** A figure of records that are not there would be worthless. */
async function requireStored(databaseUrl: string, acknowledged: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from tbl_iot_telemetry_data');
  await client.end();
  if (rows[0]?.count !== acknowledged) {
    throw new Error(`${acknowledged} records were acknowledged, ${rows[0]?.count} are stored`);
  }
}
