import { setTimeout as delay } from 'node:timers/promises';
import { type Client } from 'pg';
import { type Gateway } from './gateway.js';
import { type LoadFleet } from './load-fleet.js';
import { databaseCpuSeconds } from './database-cpu.js';
import { percentile } from './percentile.js';

const WARM_UP_MS = 4_000;
const MEASURED_MS = 8_000;
const SAMPLE_EVERY_MS = 200;

export interface IngestFigures {
  readonly recordsPerSecond: number;
  readonly acknowledgementP50Ms: number;
  readonly acknowledgementP99Ms: number;
  readonly recordsPerBatch: number;
  readonly residentMegabytes: number;
  /** Microseconds of CPU a record. */
  readonly gatewayCpu: number;
  readonly postgresCpu: number;
  readonly generatorCpu: number;
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Devices that send as fast as they are acknowledged. */
export async function measureFullSpeed(gateway: Gateway, fleet: LoadFleet, database: Client): Promise<IngestFigures> {
  fleet.start();
  await delay(WARM_UP_MS);
  fleet.takeLatencies();
  const before = await takeCounts(gateway, fleet, database);
  const residentBytes = await peakResidentBytes(gateway);
  const after = await takeCounts(gateway, fleet, database);
  const latenciesMs = fleet.takeLatencies();
  await fleet.stop();
  const records = after.records - before.records;
  const perRecord = (seconds: number): number => (seconds / records) * 1e6;
  return {
    recordsPerSecond: (records * 1000) / (after.atMs - before.atMs),
    acknowledgementP50Ms: percentile(latenciesMs, 0.5),
    acknowledgementP99Ms: percentile(latenciesMs, 0.99),
    recordsPerBatch: Math.round(records / (after.batches - before.batches)),
    residentMegabytes: residentBytes / 1e6,
    gatewayCpu: perRecord(after.gatewayCpu - before.gatewayCpu),
    postgresCpu: perRecord(after.postgresCpu - before.postgresCpu),
    generatorCpu: perRecord(after.generatorCpu - before.generatorCpu),
  };
}

/** The same devices, at a pace that leaves room. */
export async function measureAtPace(fleet: LoadFleet, recordsPerSecond: number): Promise<Latencies> {
  await fleet.sendEvenly(recordsPerSecond, WARM_UP_MS / 2);
  fleet.takeLatencies();
  await fleet.sendEvenly(recordsPerSecond, MEASURED_MS);
  const latenciesMs = fleet.takeLatencies();
  return { p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99) };
}

/** A figure of records that are not there would be worthless. */
export async function requireStored(database: Client, acknowledged: number): Promise<void> {
  const { rows } = await database.query<{ count: number }>('select count(*)::int as count from tbl_iot_telemetry_data');
  if (rows[0]?.count !== acknowledged) {
    throw new Error(`${acknowledged} records were acknowledged, ${rows[0]?.count} are stored`);
  }
}

async function takeCounts(gateway: Gateway, fleet: LoadFleet, database: Client) {
  const [batches, postgresCpu] = [await gateway.batchesCommitted(), await databaseCpuSeconds(database)];
  return {
    batches,
    postgresCpu,
    gatewayCpu: gateway.cpuSeconds(),
    generatorCpu: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    records: fleet.acknowledged,
    atMs: performance.now(),
  };
}

async function peakResidentBytes(gateway: Gateway): Promise<number> {
  const until = performance.now() + MEASURED_MS;
  let peak = 0;
  while (performance.now() < until) {
    await delay(SAMPLE_EVERY_MS);
    peak = Math.max(peak, gateway.residentBytes());
  }
  return peak;
}
