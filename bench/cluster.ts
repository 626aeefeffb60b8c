import { setTimeout as delay } from 'node:timers/promises';
import { withBareDeviceServer } from './bare-device-server.js';
import { CommandClient } from './command-client.js';
import { CommandDevice } from './command-device.js';
import { Gateway } from './gateway.js';
import { LoadDevice } from './load-device.js';
import { pace } from './pace.js';
import { percentile } from './percentile.js';

const API_KEY = 'bench-cluster';
const DEVICES = 200;
const COMMANDS_PER_SECOND = 50;
const MEASURED_MS = 10_000;
const STORM_DEVICES = 10_000;
const STORM_AT_A_TIME = 1_000;
const IMEI_BASE = 354_000_000_000_000;

export interface ClusterFigures {
  readonly postToOtherSocketP50Ms: number;
  readonly postToOtherSocketP99Ms: number;
  /** From kill -9 until each of its devices has an acknowledgement of the other instance. */
  readonly recoveredAfterMs: number;
  readonly recoveredDevices: number;
}

export interface LoginStormFigures {
  readonly devices: number;
  readonly loginsPerSecond: number;
  /** Of a server that does nothing but answer, with nothing beside it. */
  readonly bareLoginsPerSecond: number;
  /** Of the devices that were connected before, meanwhile. */
  readonly recordsPerSecond: number;
}

/** Two gateways on one database: commands given to the one for devices of the other, and then the one with the devices dies. */
export async function benchCluster(databaseUrl: string, cwd: string): Promise<ClusterFigures> {
  const environment = { IOT_API_KEY: API_KEY };
  const [holder, other] = [
    await Gateway.start(databaseUrl, cwd, environment),
    await Gateway.start(databaseUrl, cwd, environment),
  ];
  try {
    const latenciesMs = await measureCrossing(holder, other);
    const recoveredAfterMs = await measureRecovery(holder, other);
    return {
      postToOtherSocketP50Ms: percentile(latenciesMs, 0.5),
      postToOtherSocketP99Ms: percentile(latenciesMs, 0.99),
      recoveredAfterMs,
      recoveredDevices: DEVICES,
    };
  } finally {
    await other.stop();
  }
}

/** From the POST to the command's bytes at the device. */
async function measureCrossing(holder: Gateway, other: Gateway): Promise<number[]> {
  const client = new CommandClient(other.apiUrl, API_KEY);
  const fail = (error: Error): never => {
    throw error;
  };
  const devices = Array.from(
    { length: DEVICES },
    (_, index) => new CommandDevice(holder.port, String(IMEI_BASE + index), index, fail),
  );
  await Promise.all(devices.map((device) => device.logIn()));
  // A device has sent a frame before it gets a command. Without one, the gateway waits half a second for it, which would be the p99 of this measurement.
  devices.forEach((device) => device.sendRecords());
  while (devices.some((device) => device.isWaiting)) {
    await delay(10);
  }
  const latenciesMs: number[] = [];
  const crossings: Promise<void>[] = [];
  let given = 0;
  const give = async (): Promise<void> => {
    const device = devices[given % DEVICES]!;
    const startedAt = performance.now();
    const arrived = device.nextReply();
    await client.post(device.imei, `getinfo ${given++}`);
    await arrived;
    latenciesMs.push(performance.now() - startedAt);
  };
  await pace(COMMANDS_PER_SECOND, MEASURED_MS, () => void crossings.push(give()));
  await Promise.all(crossings);
  devices.forEach((device) => device.close());
  client.close();
  return latenciesMs;
}

/** The devices come back at once, as those behind a balancer do. */
async function measureRecovery(holder: Gateway, other: Gateway): Promise<number> {
  const before = Array.from({ length: DEVICES }, (_, index) => newDevice(holder.port, index, () => undefined));
  await Promise.all(before.map((device) => device.logIn()));
  before.forEach((device) => device.start());
  await delay(1_000);
  const killedAt = performance.now();
  await holder.kill();
  before.forEach((device) => device.close());
  await Promise.all(
    before.map(async (_device, index) => {
      const again = newDevice(other.port, index, () => undefined);
      await again.logIn();
      again.start();
      // Resolves when the frame in flight was acknowledged.
      await again.stop();
      again.close();
    }),
  );
  return performance.now() - killedAt;
}

/** A fleet that logs in as fast as it can, beside devices that go on sending. */
export async function benchLoginStorm(databaseUrl: string, cwd: string): Promise<LoginStormFigures> {
  const gateway = await Gateway.start(databaseUrl, cwd);
  let acknowledged = 0;
  const sending = Array.from({ length: DEVICES }, (_, index) =>
    newDevice(gateway.port, index, (records) => (acknowledged += records)),
  );
  await Promise.all(sending.map((device) => device.logIn()));
  sending.forEach((device) => device.start());
  await delay(2_000);
  const before = acknowledged;
  const { storm, seconds } = await logInStorm(gateway.port);
  const records = acknowledged - before;
  await Promise.all(sending.map((device) => device.stop()));
  [...sending, ...storm].forEach((device) => device.close());
  await gateway.stop();
  const bare = await withBareDeviceServer(({ port }) => logInStorm(port));
  bare.storm.forEach((device) => device.close());
  return {
    devices: STORM_DEVICES,
    loginsPerSecond: STORM_DEVICES / seconds,
    bareLoginsPerSecond: STORM_DEVICES / bare.seconds,
    recordsPerSecond: records / seconds,
  };
}

async function logInStorm(port: number): Promise<{ storm: LoadDevice[]; seconds: number }> {
  const storm = Array.from({ length: STORM_DEVICES }, (_, index) => newDevice(port, DEVICES + index, () => undefined));
  const startedAt = performance.now();
  let next = 0;
  const logInNext = async (): Promise<void> => {
    while (next < storm.length) {
      await storm[next++]!.logIn();
    }
  };
  await Promise.all(Array.from({ length: STORM_AT_A_TIME }, logInNext));
  return { storm, seconds: (performance.now() - startedAt) / 1000 };
}

function newDevice(port: number, index: number, onAcknowledged: (records: number) => void): LoadDevice {
  const imei = String(IMEI_BASE + 100_000 + index);
  return new LoadDevice(
    { host: '127.0.0.1', port, imei, recordsPerFrame: 10, firstTimestampMs: Date.now(), onAcknowledged },
    index,
  );
}
