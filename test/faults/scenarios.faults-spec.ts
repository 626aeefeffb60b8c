import { settleAndCheck } from './checks.js';
import { EVERYTHING, SCENARIOS, type Scenario } from './scenarios.js';
import { World } from './world.js';

const SEED = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000));
const MINUTES = Number(process.env.FAULTS_MINUTES ?? 0);
const NAME = process.env.FAULTS_SCENARIO;
const RECORDS_BETWEEN = 500;

const chosen = [...SCENARIOS, ...(MINUTES > 0 || NAME === EVERYTHING.name ? [EVERYTHING] : [])].filter(({ name }) =>
  NAME === undefined ? MINUTES === 0 || name === EVERYTHING.name : name === NAME,
);

/** Between two faults the world must be at work again: nothing is proved by breaking what stands still. */
async function play(scenario: Scenario, world: World): Promise<void> {
  const until = Date.now() + MINUTES * 60_000;
  const goesOn = (round: number): boolean => (MINUTES > 0 ? Date.now() < until : round < Math.min(scenario.rounds, 20));
  if (scenario.endsByItself) {
    await world.fleet.finish();
    return;
  }
  await world.fleet.acknowledge(RECORDS_BETWEEN, 120_000);
  for (let round = 0; goesOn(round); round++) {
    await world.chance.pick(scenario.faults)(world);
    await world.fleet.acknowledge(RECORDS_BETWEEN, 120_000);
  }
}

describe('whatever goes wrong, what was acknowledged is stored once, statuses are true, the host is told, and nothing leaks', () => {
  if (chosen.length === 0) {
    it(`scenario ${NAME}`, () => {
      throw new Error(
        `there is no scenario ${NAME}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}, ${EVERYTHING.name}`,
      );
    });
  }
  for (const scenario of chosen) {
    it(`${scenario.name} (--scenario ${scenario.name} --seed ${SEED})`, async () => {
      const startedAt = Date.now();
      if (scenario.world?.smallDisk && process.env.FAULTS_WITHOUT_MOUNT === '1') {
        process.stdout.write(`${scenario.name}: left out, FAULTS_WITHOUT_MOUNT=1\n`);
        return;
      }
      const world = await World.open({ ...scenario.world, seed: SEED });
      try {
        world.start();
        await play(scenario, world);
        await settleAndCheck(world);
      } finally {
        await world.close();
      }
      const { fleet, commands, host } = world;
      const told = `${fleet.acknowledgedRecords} records, ${commands.orders} commands, ${host.events.length} events`;
      process.stdout.write(`${scenario.name}, seed ${SEED}: ${told}, ${Math.round((Date.now() - startedAt) / 1_000)} s\n`);
    });
  }
});
