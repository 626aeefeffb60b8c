import { Client } from 'pg';
import { measureExports, measureLists } from '../exports.js';
import { atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { LoadFleet } from '../load-fleet.js';
import { DEVICES, fillHistory, imeiOf, RECORDS_A_DAY, ROWS } from '../history-table.js';
import { type Part } from '../part.js';
import { percentile } from '../percentile.js';
import { ReadClient } from '../read-client.js';
import { type Workplace } from '../workplace.js';

const WARM_UP_READS = 200;
const LATEST_READS = 2_000;
const PAGE_READS = 300;
const ROWS_TEXT = `${ROWS / 1e6} million rows`;
const TABLE = 'tbl_iot_telemetry_data';
const DAY_MS = 86_400_000;

/** The disk promises nothing here: what is measured is reading. */
const FILLING_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  maintenance_work_mem: '512MB',
  max_wal_size: '16GB',
};

/** One request at a time, of devices at random, against 20 million rows; beside it a bare connection of pg that reads the same rows. */
export const readsPart: Part = {
  name: 'reads',
  byDefault: false,
  measure: (workplace) => workplace.withPostgres((url) => measureReads(url, workplace), FILLING_SETTINGS),
};

async function measureReads(databaseUrl: string, { folder }: Workplace): Promise<Figure[]> {
  const gateway = await Gateway.start(databaseUrl, folder);
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await storeOneRecord(gateway);
    await fillHistory(database);
    return await measureGateway(gateway, database);
  } finally {
    await database.end();
    await gateway.stop();
  }
}

export async function measureGateway(gateway: Gateway, database: Client): Promise<Figure[]> {
  const latest = (imei: string): string => `/devices/${imei}/telemetry/latest`;
  const page = (imei: string): string => `/devices/${imei}/telemetry?limit=1000`;
  const scaled = (imei: string): string => `${page(imei)}&view=scaled`;
  const bareLatest = (imei: string) => database.query(BARE_LATEST, [imei]);
  const barePage = (imei: string) => database.query({ text: barePageText(), values: [imei], rowMode: 'array' });
  const name = 'REST page of 1,000 records';
  return [
    ...(await figuresOf('REST latest', gateway, latest, bareLatest, LATEST_READS, [1, 3])),
    ...(await figuresOf(name, gateway, page, barePage, PAGE_READS, [12, 25])),
    ...(await figuresOf(`${name}, scaled`, gateway, scaled, barePage, PAGE_READS, [12, 25])),
    ...(await measureLists(gateway, database)),
    ...(await measureExports(gateway, database)),
  ];
}

const BARE_LATEST = { name: 'bare_latest', text: 'select * from tbl_iot_telemetry_latest where iot_imei = $1' };

/** From the days of which a device has 1,000 records. */
function barePageText(): string {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const days = Math.ceil(1_000 / RECORDS_A_DAY) + 1;
  const from = new Date(today - days * DAY_MS).toISOString();
  return `select * from ${TABLE} where iot_imei = $1 and iot_timestamp >= timestamptz '${from}'
    and iot_timestamp < timestamptz '${new Date(today).toISOString()}' order by iot_timestamp desc, record_hash desc limit 1000`;
}

async function figuresOf(
  name: string,
  gateway: Gateway,
  pathOf: (imei: string) => string,
  bare: (imei: string) => Promise<unknown>,
  reads: number,
  [goalP50, goalP99]: readonly [number, number],
): Promise<Figure[]> {
  const client = new ReadClient(gateway.apiUrl, gateway.apiKey);
  const read = (imei: string) => client.get(pathOf(imei));
  await readAtRandom(read, WARM_UP_READS);
  const measured = await readAtRandom(read, reads);
  client.close();
  await readAtRandom(bare, WARM_UP_READS);
  const bareMs = await readAtRandom(bare, reads);
  const figure = (part: number, label: string, goalMs: number): Figure => ({
    name: `${name}, ${ROWS_TEXT}, ${label}`,
    value: percentile(measured, part),
    unit: 'ms',
    limit: { name: 'bare pg', value: percentile(bareMs, part) },
    goal: atMost(goalMs),
  });
  return [figure(0.5, 'p50', goalP50), figure(0.99, 'p99', goalP99)];
}

async function readAtRandom(read: (imei: string) => Promise<unknown>, reads: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (let count = 0; count < reads; count++) {
    const imei = imeiOf(Math.floor(Math.random() * DEVICES));
    const startedAt = performance.now();
    await read(imei);
    latenciesMs.push(performance.now() - startedAt);
  }
  return latenciesMs;
}

/** The row of which the others are made has come the usual way. */
async function storeOneRecord(gateway: Gateway): Promise<void> {
  const device = new LoadFleet(gateway.port, { devices: 1, recordsPerFrame: 1 });
  await device.logIn();
  device.start();
  await device.stop();
  device.close();
}
