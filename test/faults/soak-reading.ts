import { setTimeout as delay } from 'node:timers/promises';
import { type World } from './world.js';

/** What it was, and what it may be at the end when this was the start; null where growing is right. */
export type Reading = Readonly<Record<string, { readonly value: number; readonly most: number | null }>>;

const SAMPLES = 10;
/** Rows leave these: what they hold is bounded by the devices. */
const HOT_TABLES = ['tbl_iot_deliveries', 'tbl_iot_device_sessions', 'tbl_iot_instances', 'tbl_iot_telemetry_latest'];
/** Rows stay in these until their retention is over. */
const KEPT_TABLES = ['tbl_iot_events', 'tbl_iot_delivery_attempts', 'tbl_iot_command_logs'];

/** Looks for a while. A heap goes up and down as it is collected: its lowest is what is held. */
export async function measure({ fleet, commands, seats, database }: World, forMs: number): Promise<Reading> {
  fleet.latencies = [];
  commands.latencies = [];
  const before = fleet.acknowledgedRecords;
  const begun = performance.now();
  const [seat] = seats;
  const heaps: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await delay(forMs / SAMPLES);
    heaps.push(await seat!.heapMegabytes());
  }
  const perSecond = ((fleet.acknowledgedRecords - before) * 1_000) / (performance.now() - begun);
  const sizes = await database.query<{ name: string; bytes: number }>(
    `select name, pg_total_relation_size(name::regclass)::float8 as bytes from unnest($1::text[]) as name`,
    [[...HOT_TABLES, ...KEPT_TABLES]],
  );
  const resident = await seat!.residentMegabytes();
  const heap = Math.min(...heaps);
  const files = await seat!.openFiles();
  const acknowledgement = quantile(fleet.latencies, 0.99);
  return {
    'records/s': { value: perSecond, most: null },
    'acknowledgement p50 ms': { value: quantile(fleet.latencies, 0.5), most: null },
    // Shared machines have bad moments; a queue that grows shows by far more.
    'acknowledgement p99 ms': { value: acknowledgement, most: acknowledgement * 3 + 200 },
    'command accepted p99 ms': { value: quantile(commands.latencies, 0.99), most: null },
    'resident MB': { value: resident, most: resident * 1.3 + 40 },
    'heap MB': { value: heap, most: heap * 1.2 + 20 },
    'open files': { value: files, most: files + 20 },
    ...Object.fromEntries(
      sizes.map(({ name, bytes }) => {
        const value = bytes / 1_024;
        // Dead rows wait for autovacuum, which comes by the minute.
        return [`${name} KB`, { value, most: HOT_TABLES.includes(name) ? value * 2 + 8_192 : null }];
      }),
    ),
  };
}

/** In words; nothing when all stayed within its bounds. */
export function whatGrew(start: Reading, end: Reading): string[] {
  return Object.entries(start)
    .filter(([name, { most }]) => most !== null && !(end[name]!.value <= most))
    .map(
      ([name, { value, most }]) =>
        `${name} was ${value.toFixed(1)}, is ${end[name]!.value.toFixed(1)}, at most ${most?.toFixed(1)}`,
    );
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
}
