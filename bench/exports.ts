import { type Client } from 'pg';
import { atMost, type Figure } from './figure.js';
import { type Gateway } from './gateway.js';
import { ALL_DEVICES, BUSY_DEVICE, BUSY_RECORDS, imeiOf } from './history-table.js';
import { percentile } from './percentile.js';
import { ReadClient } from './read-client.js';

const LISTS = 20;
const WARM_UP_LISTS = 5;
const RESIDENT_EVERY_MS = 50;
const TABLE = 'tbl_iot_telemetry_data';
const MB = 1e6;
const DAY_MS = 86_400_000;

/** The newest records of all devices, page by page with the client; beside it bare pg that reads the table of the newest records. */
export async function measureLists(gateway: Gateway, database: Client): Promise<Figure[]> {
  const list = (view: 'position' | 'raw') => gateway.client.telemetry.latestOfMany({ limit: 1_000, view }).all();
  const bare = await timesMs(() =>
    database.query({ text: 'select * from tbl_iot_telemetry_latest order by iot_imei', rowMode: 'array' }),
  );
  const limit = { name: 'bare pg', value: percentile(bare, 0.5) };
  const figures: Figure[] = [];
  for (const view of ['position', 'raw'] as const) {
    const name = `REST newest records of ${ALL_DEVICES.toLocaleString('en')} devices, ${view}, p50`;
    const value = percentile(await timesMs(() => list(view)), 0.5);
    figures.push({ name, value, unit: 'ms', limit, goal: atMost(400) });
  }
  return figures;
}

/** The history of one device as CSV; beside it bare pg that reads the same records, a day with each statement. */
export async function measureExports(gateway: Gateway, database: Client): Promise<Figure[]> {
  const path = `/devices/${imeiOf(BUSY_DEVICE)}/telemetry`;
  const client = new ReadClient(gateway.apiUrl, gateway.apiKey);
  const day = new Date(Math.floor(Date.now() / DAY_MS - 1) * DAY_MS).toISOString();
  await client.get(`${path}?from=${day}`, { accept: 'text/csv' });
  const before = gateway.residentBytes();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, gateway.residentBytes())), RESIDENT_EVERY_MS);
  const startedAt = performance.now();
  const bytes = await client.get(path, { accept: 'text/csv' }).finally(() => clearInterval(timer));
  const seconds = (performance.now() - startedAt) / 1_000;
  client.close();
  const name = `export as CSV, ${(BUSY_RECORDS / 1e6).toFixed(2)} million records`;
  const limit = { name: 'bare pg', value: BUSY_RECORDS / (await bareSeconds(database)) };
  return [
    { name, value: BUSY_RECORDS / seconds, unit: 'records/s', limit },
    { name: `${name}, text`, value: bytes / MB / seconds, unit: 'MB/s' },
    {
      name: `${name}, gateway resident at most`,
      value: most / MB,
      unit: 'MB',
      limit: { name: 'after an export of one day', value: before / MB },
    },
  ];
}

async function bareSeconds(database: Client): Promise<number> {
  const { rows } = await database.query<{ from: Date; to: Date }>(
    `select min(iot_timestamp) as from, max(iot_timestamp) as to from ${TABLE} where iot_imei = $1`,
    [imeiOf(BUSY_DEVICE)],
  );
  const { from, to } = rows[0] as { from: Date; to: Date };
  const startedAt = performance.now();
  for (let ms = from.getTime(); ms <= to.getTime(); ms += DAY_MS) {
    const [first, next] = [new Date(ms).toISOString(), new Date(ms + DAY_MS).toISOString()];
    await database.query({
      text: `select * from ${TABLE} where iot_imei = $1 and iot_timestamp >= timestamptz '${first}' and iot_timestamp < timestamptz '${next}'
              order by iot_timestamp, record_hash`,
      values: [imeiOf(BUSY_DEVICE)],
      rowMode: 'array',
    });
  }
  return (performance.now() - startedAt) / 1_000;
}

async function timesMs(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let count = -WARM_UP_LISTS; count < LISTS; count++) {
    const startedAt = performance.now();
    await work();
    if (count >= 0) {
      times.push(performance.now() - startedAt);
    }
  }
  return times;
}
