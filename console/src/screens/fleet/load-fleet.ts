import { call, withQuery } from '../../api/call.js';
import { isReceiverOff } from '../../api/gnss-receiver.js';
import { type ConnectedDevice, type FleetStore } from './fleet-store.js';

const PAGE_DEVICES = 1_000;

interface Page {
  readonly nextCursor: string | null;
}

interface LatestPage extends Page {
  readonly records: readonly {
    readonly imei: string;
    readonly iotTimestamp: string;
    readonly latitude: number;
    readonly longitude: number;
    readonly speed: number;
    readonly angle: number;
    readonly satellites: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

interface RegisterPage extends Page {
  readonly devices: readonly { readonly imei: string; readonly name: string | null; readonly status: 'registered' | 'banned' }[];
}

interface ConnectedDevices {
  readonly devices: readonly ConnectedDevice[];
}

/** Reads all devices into the store. Rejects with ApiError; what was read until then stays. */
export async function loadFleet(store: FleetStore, signal: AbortSignal): Promise<void> {
  await Promise.all([loadConnected(store, signal), loadRegister(store, signal), loadPositions(store, signal)]);
}

/** Reads which devices are connected. Rejects with ApiError. */
export async function loadConnected(store: FleetStore, signal: AbortSignal): Promise<void> {
  store.setConnected((await call<ConnectedDevices>({ path: '/api/v1/devices' }, signal)).devices);
}

async function loadRegister(store: FleetStore, signal: AbortSignal): Promise<void> {
  for await (const { devices } of pagesOf<RegisterPage>('/api/v1/registered-devices', {}, signal)) {
    for (const { imei, name, status } of devices) {
      store.apply({ imei, name, isBanned: status === 'banned' });
    }
  }
}

/** Where every device was last, without what else its record says. Rejects with ApiError. */
export async function loadPositions(store: FleetStore, signal: AbortSignal): Promise<void> {
  for await (const { records } of pagesOf<LatestPage>('/api/v1/telemetry/latest', { view: 'position' }, signal)) {
    for (const { imei, iotTimestamp: at, latitude, longitude, speed, angle, satellites, attributes } of records) {
      const isOff = isReceiverOff(attributes);
      store.apply({ imei, position: { at, latitude, longitude, speed, angle, satellites, isReceiverOff: isOff } });
    }
  }
}

async function* pagesOf<T extends Page>(
  path: string,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await call<T>({ path: withQuery(path, { ...values, limit: PAGE_DEVICES, cursor }) }, signal);
    yield page;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
