import { setTimeout as delay } from 'node:timers/promises';
import { withBareDeviceServer, type DeviceServer } from './bare-device-server.js';
import { Gateway } from './gateway.js';
import { LoadDevice } from './load-device.js';

const WARM_UP_DEVICES = 500;
const LOGINS_AT_A_TIME = 250;
/** Long enough for the garbage of the logins to be collected, as it is in a gateway that lives for weeks. */
const SETTLE_MS = 8_000;
/** V8 gives memory back only after an idle while: its memory reducer runs half a minute after the start. */
const EMPTY_SETTLE_MS = 40_000;
const CHURN_FRAMES_PER_DEVICE = 3;

export interface IdleFigures {
  readonly devices: number;
  readonly bytesPerDevice: number;
  /** Of a server that does nothing but answer. */
  readonly bareBytesPerDevice: number;
  /** Before the first device. */
  readonly emptyMegabytes: number;
  readonly residentMegabytes: number;
  readonly loginsPerSecond: number;
}

/** Resident memory that each connected device costs, beyond a gateway which has already served some. */
export async function benchIdle(databaseUrl: string, cwd: string, deviceCount: number): Promise<IdleFigures> {
  const gateway = await Gateway.start(databaseUrl, cwd);
  await delay(EMPTY_SETTLE_MS);
  const emptyMegabytes = gateway.residentBytes() / 1e6;
  const figures = await measureIdle(gateway, deviceCount);
  await gateway.stop();
  const bare = await withBareDeviceServer((server) => measureIdle(server, deviceCount));
  return { ...figures, emptyMegabytes, bareBytesPerDevice: bare.bytesPerDevice };
}

async function measureIdle(
  server: DeviceServer,
  deviceCount: number,
): Promise<Omit<IdleFigures, 'bareBytesPerDevice' | 'emptyMegabytes'>> {
  const devices = Array.from({ length: WARM_UP_DEVICES + deviceCount }, (_, index) => newDevice(server.port, index));
  const first = devices.slice(0, WARM_UP_DEVICES);
  await logIn(first);
  for (let round = 0; round < CHURN_FRAMES_PER_DEVICE; round++) {
    first.forEach((device) => device.start());
    await Promise.all(first.map((device) => device.stop()));
  }
  await delay(SETTLE_MS);
  const before = server.residentBytes();
  const startedAt = performance.now();
  await logIn(devices.slice(WARM_UP_DEVICES));
  const seconds = (performance.now() - startedAt) / 1000;
  await delay(SETTLE_MS);
  const after = server.residentBytes();
  devices.forEach((device) => device.close());
  return {
    devices: deviceCount,
    bytesPerDevice: (after - before) / deviceCount,
    residentMegabytes: after / 1e6,
    loginsPerSecond: deviceCount / seconds,
  };
}

async function logIn(devices: readonly LoadDevice[]): Promise<void> {
  for (let start = 0; start < devices.length; start += LOGINS_AT_A_TIME) {
    await Promise.all(devices.slice(start, start + LOGINS_AT_A_TIME).map((device) => device.logIn()));
  }
}

function newDevice(port: number, index: number): LoadDevice {
  const imei = String(351_000_000_000_000 + index);
  return new LoadDevice(
    { host: '127.0.0.1', port, imei, recordsPerFrame: 1, firstTimestampMs: Date.now(), onAcknowledged: () => undefined },
    index,
  );
}
