import { setTimeout as delay } from 'node:timers/promises';
import { settleAndCheck } from './checks.js';
import { measure, whatGrew, type Reading } from './soak-reading.js';
import { World, type WorldOptions } from './world.js';

const MINUTES = Number(process.env.FAULTS_MINUTES ?? 30);
const SEED = Number(process.env.FAULTS_SEED ?? 1);
/** Records a second; measured first when it is not given. */
const MAXIMUM = Number(process.env.FAULTS_MAXIMUM ?? 0);
const DEVICES = 100;
const RECORDS_PER_FRAME = 20;
const MEASURED_MS = 15_000;
/** A heap grows into its size; what grows after that is a leak. */
const WARM_UP_MS = 30_000;

const load = { devices: DEVICES, recordsPerFrame: RECORDS_PER_FRAME, patienceMs: 60_000 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** As fast as the devices are acknowledged, commands and webhooks beside it. */
async function measureMaximum(): Promise<number> {
  const world = await World.open({ seed: SEED, gateways: 1, fleet: { ...load, intervalMs: 0 } });
  try {
    world.start();
    await world.fleet.acknowledge(DEVICES * RECORDS_PER_FRAME);
    const before = world.fleet.acknowledgedRecords;
    await delay(MEASURED_MS);
    return ((world.fleet.acknowledgedRecords - before) * 1_000) / MEASURED_MS;
  } finally {
    await world.close();
  }
}

function halfOf(maximum: number): WorldOptions {
  const intervalMs = (2_000 * DEVICES * RECORDS_PER_FRAME) / maximum;
  return { seed: SEED, gateways: 1, fleet: { ...load, intervalMs } };
}

function print(start: Reading, end: Reading): void {
  const row = (name: string, ...cells: string[]): string =>
    [name.padEnd(36), ...cells.map((cell) => cell.padStart(12))].join(' ');
  say(row('at half of the maximum', 'start', 'end', 'at most'));
  Object.entries(start).forEach(([name, { value, most }]) =>
    say(row(name, value.toFixed(1), end[name]!.value.toFixed(1), most === null ? '' : most.toFixed(1))),
  );
}

describe('soak', () => {
  it(`${MINUTES} minutes at half of the maximum leave everything as it was`, async () => {
    const maximum = MAXIMUM || (await measureMaximum());
    say(`maximum: ${Math.round(maximum)} records/s${MAXIMUM ? ', as given' : ''}`);
    const world = await World.open(halfOf(maximum));
    try {
      world.start();
      await delay(Math.min(WARM_UP_MS, MINUTES * 10_000));
      const start = await measure(world, MEASURED_MS);
      await delay(Math.max(0, MINUTES * 60_000 - 2 * MEASURED_MS));
      const end = await measure(world, MEASURED_MS);
      print(start, end);
      expect(whatGrew(start, end)).toEqual([]);
      await settleAndCheck(world);
      say(`${world.fleet.acknowledgedRecords} records stored once, ${world.commands.orders} commands, every event delivered`);
    } finally {
      await world.close();
    }
  });
});
