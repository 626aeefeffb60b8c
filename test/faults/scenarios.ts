import { type WorldOptions } from './world.js';
import * as faults from './faults.js';
import { type Fault } from './faults.js';

export interface Scenario {
  readonly name: string;
  readonly world?: Omit<WorldOptions, 'seed'>;
  readonly rounds: number;
  /** One of them is drawn in each round. */
  readonly faults: readonly Fault[];
  /** The devices have all they will ever send before it begins, and end by themselves. */
  readonly endsByItself?: boolean;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const FIVE_MINUTES_MS = 300_000;
const CLOCK_ERRORS_MS = [0, -DAY_MS, DAY_MS, -YEAR_MS, YEAR_MS, -20 * YEAR_MS, 60 * YEAR_MS];

const openedAt = Date.now();

export const SCENARIOS: readonly Scenario[] = [
  { name: 'gateway-killed', rounds: 3, faults: [faults.killGateway] },
  { name: 'gateway-terminated', rounds: 3, faults: [faults.terminateGateway] },
  { name: 'database-killed', rounds: 2, faults: [faults.crashDatabase] },
  { name: 'disk-full', rounds: 1, world: { smallDisk: true }, faults: [faults.fillDisk] },
  { name: 'database-cut-off', rounds: 2, faults: [faults.cutDatabase] },
  { name: 'pool-exhausted', rounds: 2, world: { env: { DATABASE_POOL_SIZE: '3' } }, faults: [faults.lockTable] },
  // A heartbeat may take a quarter of the time: with less, an instance is right to give its devices up.
  { name: 'database-slow', rounds: 1, world: { env: { INSTANCE_DEAD_AFTER_SECONDS: '20' } }, faults: [faults.slowDatabase] },
  { name: 'host-down', rounds: 1, faults: [faults.hostDown] },
  { name: 'bytes-split', rounds: 2, faults: [faults.splitBytes] },
  { name: 'devices-half-open', rounds: 2, faults: [faults.halfOpenDevices] },
  {
    name: 'clocks-wrong',
    rounds: 1,
    world: { fleet: { clock: (device, serial) => openedAt + serial + CLOCK_ERRORS_MS[device % CLOCK_ERRORS_MS.length]! } },
    faults: [faults.killGateway],
  },
  {
    name: 'backlog',
    rounds: 0,
    endsByItself: true,
    // A record every five minutes for a day, all at once. Large frames: the devices share one process, which must not be the slowest part.
    world: {
      fleet: {
        devices: 1_000,
        recordsPerFrame: 96,
        frames: 3,
        intervalMs: 0,
        clock: (_device, serial) => openedAt - DAY_MS + serial * FIVE_MINUTES_MS,
      },
    },
    faults: [],
  },
];

/** For `--minutes`: whatever there is, in any order. */
export const EVERYTHING: Scenario = {
  name: 'everything',
  rounds: Infinity,
  world: { gateways: 3, env: { INSTANCE_DEAD_AFTER_SECONDS: '20' } },
  faults: faults.ALL_FAULTS,
};
