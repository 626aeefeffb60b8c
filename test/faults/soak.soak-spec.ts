import { settleAndCheck } from './checks.js';
import { World, type WorldOptions } from './world.js';

const MINUTES = Number(process.env.FAULTS_MINUTES ?? 30);
const SEED = Number(process.env.FAULTS_SEED ?? 1);
const DEVICES = 100;
const RECORDS_PER_FRAME = 20;
const MEASURED_MS = 15_000;
const TABLES = [
  'tbl_iot_deliveries',
  'tbl_iot_events',
  'tbl_iot_delivery_attempts',
  'tbl_iot_command_logs',
  'tbl_iot_telemetry_latest',
];

type Row = Record<string, number>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function soakOptions(): Promise<WorldOptions> {
  const load = { devices: DEVICES, recordsPerFrame: RECORDS_PER_FRAME };
  const world = await World.open({ seed: SEED, gateways: 1, fleet: { ...load, intervalMs: 0 } });
  try {
    world.start();
    await world.fleet.acknowledge(DEVICES * RECORDS_PER_FRAME);
    const before = world.fleet.acknowledgedRecords;
    await pause(MEASURED_MS);
    const perSecond = ((world.fleet.acknowledgedRecords - before) * 1_000) / MEASURED_MS;
    process.stdout.write(`maximum: ${Math.round(perSecond)} records/s\n`);
    const intervalMs = (2_000 * DEVICES * RECORDS_PER_FRAME) / perSecond;
    return { seed: SEED, gateways: 1, fleet: { ...load, intervalMs } };
  } finally {
    await world.close();
  }
}

/** Looks for a while and says what it saw. */
async function measure({ fleet, commands, seats, database }: World): Promise<Row> {
  fleet.latencies = [];
  commands.latencies = [];
  const before = fleet.acknowledgedRecords;
  await pause(MEASURED_MS);
  const [seat] = seats;
  const sizes = await database.query<{ name: string; bytes: number }>(
    `select name, pg_total_relation_size(name::regclass)::float8 as bytes from unnest($1::text[]) as name`,
    [TABLES],
  );
  return {
    'records/s': ((fleet.acknowledgedRecords - before) * 1_000) / MEASURED_MS,
    'acknowledgement p50 ms': quantile(fleet.latencies, 0.5),
    'acknowledgement p99 ms': quantile(fleet.latencies, 0.99),
    'command accepted p99 ms': quantile(commands.latencies, 0.99),
    'memory MB': await seat!.residentMegabytes(),
    'open files': await seat!.openFiles(),
    ...Object.fromEntries(sizes.map(({ name, bytes }) => [`${name} KB`, bytes / 1_024])),
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
}

function print(start: Row, end: Row): void {
  const lines = Object.keys(start).map((name) =>
    [name.padEnd(36), start[name]!.toFixed(1).padStart(12), end[name]!.toFixed(1).padStart(12)].join(' '),
  );
  process.stdout.write(
    `${[`${'at half of the maximum'.padEnd(36)} ${'start'.padStart(12)} ${'end'.padStart(12)}`, ...lines].join('\n')}\n`,
  );
}

describe('soak', () => {
  it(`${MINUTES} minutes at half of the maximum leave everything as it was`, async () => {
    const world = await World.open(await soakOptions());
    try {
      world.start();
      await world.fleet.acknowledge(DEVICES * RECORDS_PER_FRAME * 3);
      const start = await measure(world);
      await pause(Math.max(0, MINUTES * 60_000 - 2 * MEASURED_MS));
      const end = await measure(world);
      print(start, end);
      expect(end['open files']).toBeLessThan(start['open files']! + 50);
      expect(end['memory MB']).toBeLessThan(start['memory MB']! + 200);
      await settleAndCheck(world);
    } finally {
      await world.close();
    }
  });
});
