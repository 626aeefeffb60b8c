import * as faults from './faults.js';
import { type Fault } from './faults.js';
import { type WorldOptions } from './world.js';

export interface Scenario {
  readonly name: string;
  readonly world?: Omit<WorldOptions, 'seed'>;
  /** One after the other; between two of them everything works again. */
  readonly faults: readonly Fault[];
  /** The faults are drawn, for as long as is asked. */
  readonly atRandom?: boolean;
  /** The devices have all they will ever send before it begins, and end by themselves. */
  readonly endsByItself?: boolean;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const FIVE_MINUTES_MS = 300_000;
const CLOCK_ERRORS_MS = [0, -DAY_MS, DAY_MS, -YEAR_MS, YEAR_MS, -20 * YEAR_MS, 60 * YEAR_MS];

const openedAt = Date.now();

export const SCENARIOS: readonly Scenario[] = [
  { name: 'gateway-killed', faults: [faults.killGateway, faults.killGateway, faults.killAllGateways] },
  { name: 'gateway-terminated', faults: [faults.terminateGateway, faults.terminateGateway, faults.terminateGateway] },
  { name: 'database-killed', faults: [faults.crashDatabase, faults.restartDatabase, faults.crashDatabase] },
  { name: 'disk-full', world: { smallDisk: true }, faults: [faults.fillDisk] },
  { name: 'database-cut-off', faults: [faults.cutDatabaseBriefly, faults.cutDatabase] },
  { name: 'database-read-only', faults: [faults.readOnlyDatabase, faults.readOnlyDatabase] },
  { name: 'standby-promoted', world: { standby: 'synchronous' }, faults: [faults.switchOver] },
  {
    name: 'pool-exhausted',
    world: { env: { DATABASE_POOL_SIZE: '3' } },
    faults: [faults.exhaustPools, faults.exhaustPools],
  },
  { name: 'long-reader', faults: [faults.longReader, faults.longReader] },
  // A heartbeat may take a quarter of the time: with less, an instance is right to give its devices up.
  { name: 'database-slow', world: { env: { INSTANCE_DEAD_AFTER_SECONDS: '20' } }, faults: [faults.slowDatabase] },
  {
    name: 'many-commands',
    world: {
      commandDevices: 500,
      commandsPerSecond: 500,
      fleet: { devices: 10, intervalMs: 200 },
      env: { INSTANCE_DEAD_AFTER_SECONDS: '20' },
    },
    faults: [faults.killGateway, faults.crashDatabase, faults.killGateway],
  },
  {
    name: 'sink-engine-killed',
    world: { hasSink: true },
    faults: [faults.killSinkEngine, faults.killAllGateways, faults.cutDatabase, faults.killSinkEngine],
  },
  { name: 'host-down', faults: [faults.hostDown] },
  { name: 'bytes-split', faults: [faults.splitBytes, faults.splitBytes] },
  { name: 'devices-half-open', faults: [faults.halfOpenDevices, faults.halfOpenDevices] },
  {
    name: 'clocks-wrong',
    world: { fleet: { clock: (device, serial) => openedAt + serial + CLOCK_ERRORS_MS[device % CLOCK_ERRORS_MS.length]! } },
    faults: [faults.killGateway],
  },
  {
    name: 'backlog',
    endsByItself: true,
    // A record every five minutes for a day, all at once, while the gateways have just come back.
    world: {
      fleet: {
        devices: 1_000,
        recordsPerFrame: 96,
        frames: 3,
        intervalMs: 0,
        clock: (_device, serial) => openedAt - DAY_MS + serial * FIVE_MINUTES_MS,
      },
    },
    faults: [faults.killAllGateways],
  },
];

/** For CI: one world, most of what can go wrong, at a load that leaves a small machine room for the starts of gateways. */
export const SHORT: Scenario = {
  name: 'short',
  world: { hasSink: true, fleet: { devices: 20, intervalMs: 100, patienceMs: 5_000 }, commandDevices: 4 },
  faults: [
    faults.crashDatabase,
    faults.killGateway,
    faults.killSinkEngine,
    faults.cutDatabaseBriefly,
    faults.cutDatabase,
    faults.readOnlyDatabase,
    faults.longReader,
    faults.splitBytes,
    faults.halfOpenDevices,
    faults.restartDatabase,
    faults.terminateGateway,
  ],
};

/** For `--minutes`: whatever there is but the full disk, in any order. */
export const EVERYTHING: Scenario = {
  name: 'everything',
  atRandom: true,
  world: { hasSink: true, gateways: 3, env: { INSTANCE_DEAD_AFTER_SECONDS: '20' } },
  faults: faults.ALL_FAULTS,
};
