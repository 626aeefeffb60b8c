import { Client } from 'pg';
import { withBareHttpServer } from '../bare-http-server.js';
import { atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { LoadFleet } from '../load-fleet.js';
import { DEVICES, fillHistory, imeiOf } from '../history-table.js';
import { type Part } from '../part.js';
import { percentile } from '../percentile.js';
import { ReadClient } from '../read-client.js';
import { type Workplace } from '../workplace.js';

const WARM_UP_READS = 200;
const LATEST_READS = 2_000;
const PAGE_READS = 300;

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

/** One request at a time, of devices at random, against 20 million rows. */
export const readsPart: Part = {
  name: 'reads',
  byDefault: false,
  measure: (workplace) => workplace.withPostgres((url) => measureReads(url, workplace), FILLING_SETTINGS),
};

async function measureReads(databaseUrl: string, { folder }: Workplace): Promise<Figure[]> {
  const gateway = await Gateway.start(databaseUrl, folder);
  try {
    await storeOneRecord(gateway);
    await fill(databaseUrl);
    const latest = (imei: string): string => `/devices/${imei}/telemetry/latest`;
    const page = (imei: string): string => `/devices/${imei}/telemetry?limit=1000`;
    return [
      ...(await figuresOf('REST latest, 20 million rows', gateway, latest, LATEST_READS, 10)),
      ...(await figuresOf('REST page of 1,000 records, 20 million rows', gateway, page, PAGE_READS, 40)),
    ];
  } finally {
    await gateway.stop();
  }
}

async function figuresOf(
  name: string,
  gateway: Gateway,
  pathOf: (imei: string) => string,
  reads: number,
  goalMs: number,
): Promise<Figure[]> {
  const client = new ReadClient(gateway.apiUrl, gateway.apiKey);
  await readAtRandom(client, pathOf, WARM_UP_READS);
  const measured = await readAtRandom(client, pathOf, reads);
  client.close();
  const bare = await withBareHttpServer(' '.repeat(measured.answerBytes), async (url) => {
    const same = new ReadClient(url, gateway.apiKey);
    await readAtRandom(same, pathOf, WARM_UP_READS);
    const { latenciesMs } = await readAtRandom(same, pathOf, reads);
    same.close();
    return latenciesMs;
  });
  const figure = (part: number, label: string): Figure => ({
    name: `${name}, ${label}`,
    value: percentile(measured.latenciesMs, part),
    unit: 'ms',
    limit: { name: 'bare HTTP', value: percentile(bare, part) },
  });
  return [figure(0.5, 'p50'), { ...figure(0.99, 'p99'), goal: atMost(goalMs) }];
}

async function readAtRandom(client: ReadClient, pathOf: (imei: string) => string, reads: number) {
  const latenciesMs: number[] = [];
  let answerBytes = 0;
  for (let read = 0; read < reads; read++) {
    const path = pathOf(imeiOf(Math.floor(Math.random() * DEVICES)));
    const startedAt = performance.now();
    answerBytes = await client.get(path);
    latenciesMs.push(performance.now() - startedAt);
  }
  return { latenciesMs, answerBytes };
}

/** The row of which the others are made has come the usual way. */
async function storeOneRecord(gateway: Gateway): Promise<void> {
  const device = new LoadFleet(gateway.port, { devices: 1, recordsPerFrame: 1 });
  await device.logIn();
  device.start();
  await device.stop();
  device.close();
}

async function fill(databaseUrl: string): Promise<void> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await fillHistory(database);
  } finally {
    await database.end();
  }
}
