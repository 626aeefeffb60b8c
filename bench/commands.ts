import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { withBareHttpServer } from './bare-http-server.js';
import { CommandClient } from './command-client.js';
import { CommandDevice } from './command-device.js';
import { CommandLedger, nearestFlushMs } from './command-ledger.js';
import { Gateway } from './gateway.js';
import { pace } from './pace.js';
import { percentile } from './percentile.js';
import { wallClockMs } from './wall-clock.js';

const API_KEY = 'bench-commands';
const COMMANDS_PER_SECOND = 200;
const OPEN_LOOP_PER_SECOND = 800;
const CONCURRENCY = 64;
const LOGINS_AT_A_TIME = 250;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 10_000;

export interface CommandFigures {
  readonly devices: number;
  /** The steady pace. */
  readonly commandsPerSecond: number;
  readonly roundTripP50Ms: number;
  readonly roundTripP99Ms: number;
  /** Contained in every round trip: see CommandLedger. */
  readonly flushP50Ms: number;
  /** Telemetry acknowledged meanwhile. */
  readonly recordsPerSecond: number;
  /** The pace without telemetry beside it. From the POST to the command's bytes at the device. */
  readonly openLoopPerSecond: number;
  readonly postToDeviceP50Ms: number;
  readonly postToDeviceP99Ms: number;
  /** POSTs in flight in the closed loop. */
  readonly concurrency: number;
  readonly completedPerSecond: number;
  /** POSTs answered by a server that does nothing else, as many at a time. */
  readonly barePostsPerSecond: number;
  readonly gatewayCpuMicrosecondsPerCommand: number;
  /** Its backends only: what the WAL writer and the checkpointer do comes later. */
  readonly postgresCpuMicrosecondsPerCommand: number;
  /** All that were given and completed, the warm-ups included. One that was not is an error. */
  readonly commands: number;
}

interface Load {
  readonly devices: number;
  /** Records a second of all devices together, while the round trip is measured. */
  readonly recordsPerSecond: number;
}

interface Fleet {
  readonly gateway: Gateway;
  readonly client: CommandClient;
  /** In the random order in which they get their commands, again and again. */
  readonly devices: readonly CommandDevice[];
  /** Aborted when the gateway has closed a device's connection: there would be no end to wait for. */
  readonly lost: AbortSignal;
}

/**
 * Commands at a steady pace beside telemetry, then as many as it does. Each has a text of its own (the catalogue and the device know
 * them all as getinfo): a gateway that can't keep up shows in the times, where the same text again would supersede what waits.
 */
export async function benchCommands(databaseUrl: string, cwd: string, load: Load): Promise<CommandFigures> {
  const database = new Client({ connectionString: databaseUrl });
  const gateway = await Gateway.start(databaseUrl, cwd, { IOT_API_KEY: API_KEY });
  const client = new CommandClient(gateway.apiUrl, API_KEY);
  const lost = new AbortController();
  const devices = shuffled(newDevices(gateway.port, load.devices, (error) => lost.abort(error)));
  try {
    await database.connect();
    for (let start = 0; start < devices.length; start += LOGINS_AT_A_TIME) {
      await Promise.all(devices.slice(start, start + LOGINS_AT_A_TIME).map((device) => device.logIn()));
    }
    const fleet: Fleet = { gateway, client, devices, lost: lost.signal };
    const ledger = new CommandLedger(database);
    const roundTrip = await measureRoundTrip(fleet, ledger, load.recordsPerSecond);
    const openLoop = await measureOpenLoop(fleet);
    const saturation = await measureSaturation(fleet, ledger);
    return { devices: load.devices, ...roundTrip, ...openLoop, ...saturation, barePostsPerSecond: await measureBare() };
  } finally {
    devices.forEach((device) => device.close());
    client.close();
    await database.end();
    await gateway.stop();
  }
}

async function measureRoundTrip({ client, devices, lost }: Fleet, ledger: CommandLedger, recordsPerSecond: number) {
  const framesPerSecond = recordsPerSecond / devices[0]!.recordsPerFrame;
  const acknowledged = (): number => devices.reduce((sum, device) => sum + device.acknowledgedRecords, 0);
  let frames = 0;
  const telemetry = pace(framesPerSecond, WARM_UP_MS + MEASURED_MS, () => devices[frames++ % devices.length]!.sendRecords());
  let given = 0;
  const startedAtMs = new Map<string, number>();
  const failures: unknown[] = [];
  const give = async (): Promise<void> => {
    const startMs = wallClockMs();
    const { imei } = devices[given % devices.length]!;
    startedAtMs.set(await client.post(imei, `getinfo ${given++}`), startMs);
  };
  const giveAll = (durationMs: number): Promise<void> =>
    pace(COMMANDS_PER_SECOND, durationMs, () => void give().catch((error: unknown) => failures.push(error)));

  await giveAll(WARM_UP_MS);
  await ledger.startProbe();
  const before = { records: acknowledged(), atMs: wallClockMs() };
  await giveAll(MEASURED_MS);
  const seconds = (wallClockMs() - before.atMs) / 1000;
  const records = acknowledged() - before.records;
  const probes = await ledger.stopProbe();
  await telemetry;
  while (failures.length === 0 && (startedAtMs.size < given || devices.some((device) => device.isWaiting))) {
    lost.throwIfAborted();
    await delay(10);
  }
  if (failures.length > 0) {
    throw new Error(`${failures.length} of ${given} POSTs failed`, { cause: failures[0] });
  }

  const completed = await ledger.readCompleted();
  const latenciesMs = [...startedAtMs]
    .filter(([, startMs]) => startMs >= before.atMs)
    .map(([id, startMs]) => completed.get(id)! + nearestFlushMs(probes, completed.get(id)!) - startMs);
  return {
    commandsPerSecond: COMMANDS_PER_SECOND,
    roundTripP50Ms: percentile(latenciesMs, 0.5),
    roundTripP99Ms: percentile(latenciesMs, 0.99),
    flushP50Ms: percentile(
      probes.map(({ flushMs }) => flushMs),
      0.5,
    ),
    recordsPerSecond: records / seconds,
  };
}

/** A host that sends commands at a steady pace, however long they take. */
async function measureOpenLoop({ client, devices, lost }: Fleet) {
  const latenciesMs: number[] = [];
  const crossings: Promise<void>[] = [];
  let given = 0;
  const give = async (isMeasured: boolean): Promise<void> => {
    const device = devices[given % devices.length]!;
    const startedAt = performance.now();
    const arrived = device.nextReply();
    await client.post(device.imei, `getinfo open ${given++}`);
    await arrived;
    if (isMeasured) {
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  for (const [durationMs, isMeasured] of [
    [WARM_UP_MS, false],
    [MEASURED_MS, true],
  ] as const) {
    await pace(OPEN_LOOP_PER_SECOND, durationMs, () => crossings.push(give(isMeasured)));
  }
  await Promise.race([Promise.all(crossings), once(lost, 'abort')]);
  lost.throwIfAborted();
  return {
    openLoopPerSecond: OPEN_LOOP_PER_SECOND,
    postToDeviceP50Ms: percentile(latenciesMs, 0.5),
    postToDeviceP99Ms: percentile(latenciesMs, 0.99),
  };
}

/** Each of the hosts sends its next command when the device has answered the last one. */
async function measureSaturation({ gateway, client, devices, lost }: Fleet, ledger: CommandLedger) {
  const free = [...devices];
  let running = true;
  let given = 0;
  const host = async (): Promise<void> => {
    while (running) {
      const device = free.shift()!;
      const replied = device.nextReply();
      await client.post(device.imei, `getinfo ${given++}`);
      await replied;
      free.push(device);
    }
  };
  const hosts = Promise.all(Array.from({ length: CONCURRENCY }, host));
  hosts.catch(() => undefined);
  await delay(WARM_UP_MS);
  lost.throwIfAborted();
  const from = { atMs: wallClockMs(), cpu: gateway.cpuSeconds(), postgresCpu: await ledger.startCpu() };
  await delay(MEASURED_MS);
  const to = { atMs: wallClockMs(), cpu: gateway.cpuSeconds(), postgresCpu: await ledger.cpuSecondsSince(from.postgresCpu) };
  running = false;
  await Promise.race([hosts, once(lost, 'abort')]);
  lost.throwIfAborted();

  const completed = await ledger.readCompleted();
  const measured = [...completed.values()].filter((atMs) => atMs >= from.atMs && atMs < to.atMs).length;
  return {
    concurrency: CONCURRENCY,
    completedPerSecond: (measured * 1000) / (to.atMs - from.atMs),
    gatewayCpuMicrosecondsPerCommand: ((to.cpu - from.cpu) / measured) * 1e6,
    postgresCpuMicrosecondsPerCommand: (to.postgresCpu / measured) * 1e6,
    commands: completed.size,
  };
}

async function measureBare(): Promise<number> {
  return withBareHttpServer(JSON.stringify({ commandLogId: '1' }), async (url) => {
    const client = new CommandClient(url, API_KEY);
    const endAt = performance.now() + WARM_UP_MS;
    let posts = 0;
    const host = async (): Promise<void> => {
      for (; performance.now() < endAt; posts++) {
        await client.post('352094000000000', `getinfo ${posts}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, host));
    client.close();
    return (posts * 1000) / WARM_UP_MS;
  });
}

function newDevices(port: number, count: number, onLost: (error: Error) => void): CommandDevice[] {
  return Array.from({ length: count }, (_, index) => new CommandDevice(port, String(352_094_000_000_000 + index), index, onLost));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item);
}
