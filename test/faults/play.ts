import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.js';
import { settleAndCheck } from './checks.js';
import { type Fault } from './faults.js';
import { type Scenario } from './scenarios.js';
import { World } from './world.js';

const RECORDS_BETWEEN = 2_000;
const COMMANDS_BETWEEN = 5;
const PATIENCE_MS = 60_000;
const SHOWN = 10;

export interface Play {
  readonly seed: number;
  /** Of a scenario that draws its faults. */
  readonly minutes: number;
}

/** Plays the scenario with processes of its own, compares the ledgers, and returns a summary in one line. */
export async function play(scenario: Scenario, { seed, minutes }: Play): Promise<string> {
  const startedAt = Date.now();
  const world = await World.open({ ...scenario.world, seed });
  try {
    world.start();
    const count = await breakThings(scenario, world, startedAt + minutes * 60_000);
    await settleAndCheck(world);
    const { fleet, commands, host } = world;
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    return (
      `${scenario.name}, seed ${seed}: ${count} faults, ${fleet.acknowledgedRecords} records, ${fleet.reconnects} reconnects, ` +
      `${commands.orders} commands, ${host.events.length} events, ${seconds} s`
    );
  } catch (error) {
    throw new Error(`${String(error)}\nseed ${seed}; what the gateways said is kept in ${await keepLogs(world)}`, {
      cause: error,
    });
  } finally {
    await world.close();
  }
}

/** Between two faults the world must be at work again: nothing is proved by breaking what stands still. */
async function breakThings(scenario: Scenario, world: World, until: number): Promise<number> {
  let count = 0;
  for (const fault of faultsOf(scenario, world, until)) {
    await atWork(world, scenario);
    const begun = Date.now();
    await fault(world);
    await requireSinkNotAhead(world);
    count++;
    process.stdout.write(`  ${fault.name} ${((Date.now() - begun) / 1_000).toFixed(1)} s\n`);
  }
  await (scenario.endsByItself ? world.fleet.finish() : atWork(world, scenario));
  return count;
}

async function requireSinkNotAhead({ sink, database }: World): Promise<void> {
  const ahead = (await sink?.findAhead(database)) ?? [];
  if (ahead.length > 0) {
    throw new Error(ahead.slice(0, SHOWN).join('\n'));
  }
}

function* faultsOf({ faults, atRandom }: Scenario, { chance }: World, until: number): Generator<Fault> {
  if (!atRandom) {
    yield* faults;
    return;
  }
  do {
    yield chance.pick(faults);
  } while (Date.now() < until);
}

async function atWork({ fleet, commands }: World, { endsByItself = false }: Scenario): Promise<void> {
  const orders = commands.orders + COMMANDS_BETWEEN;
  await fleet.acknowledge(RECORDS_BETWEEN, PATIENCE_MS);
  if (!endsByItself) {
    await waitFor(() => commands.orders >= orders, { timeoutMs: PATIENCE_MS, what: 'the next commands to be accepted' });
  }
}

async function keepLogs({ seats }: World): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iot-broker-faults-'));
  const logs = seats.flatMap((seat, place) => seat.logs.map((lines, turn) => ({ name: `gateway-${place}-${turn}.log`, lines })));
  await Promise.all(logs.map(({ name, lines }) => writeFile(join(folder, name), `${lines.join('\n')}\n`)));
  return folder;
}
