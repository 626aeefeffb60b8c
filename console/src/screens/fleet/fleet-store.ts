import { signal } from '@preact/signals';
import { type DevicePosition, type FleetDevice } from './fleet-device.js';

/** What an update may contain; what is left out stays as it is. */
export interface DeviceUpdate {
  readonly imei: string;
  readonly name?: string | null;
  readonly isBanned?: boolean;
  /** Null: its connection has ended. */
  readonly connectedAt?: string | null;
  readonly position?: DevicePosition;
  readonly heardAtMs?: number | null;
}

/** Of GET /api/v1/devices. */
export interface ConnectedDevice {
  readonly imei: string;
  readonly connectedAt: string;
  readonly lastFrameAt: string | null;
}

/** Lists and counts are made again at most this often. The map has a limit of its own. */
const SHOW_EVERY_MS = 500;

type ChangeListener = (changed: FleetDevice) => void;

/** The devices of the map: one entry for each, so its size is bounded by the fleet. Updates come from the API and from the stream, in any order. */
export class FleetStore {
  /** All devices, as they were at most 500 ms ago. */
  readonly current = signal<readonly FleetDevice[]>([]);
  private readonly devices = new Map<string, FleetDevice>();
  private readonly listeners = new Set<ChangeListener>();
  private timer: number | undefined;

  all(): FleetDevice[] {
    return [...this.devices.values()];
  }

  find(imei: string): FleetDevice | null {
    return this.devices.get(imei) ?? null;
  }

  /** Called at once with each device that has changed. Returns how to end that. */
  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  apply({ imei, ...update }: DeviceUpdate): void {
    const before = this.devices.get(imei) ?? {
      imei,
      name: null,
      isBanned: false,
      connectedAt: null,
      heardAtMs: null,
      position: null,
    };
    const position = newer(before.position, update.position);
    const heardAtMs = Math.max(before.heardAtMs ?? 0, update.heardAtMs ?? 0) || null;
    const after: FleetDevice = { ...before, ...update, imei, position, heardAtMs };
    this.devices.set(imei, after);
    this.listeners.forEach((listener) => listener(after));
    this.timer ??= window.setTimeout(() => this.publish(), SHOW_EVERY_MS);
  }

  /** Events of one device may arrive late: a connection that began after the one that has ended stays. */
  disconnect(imei: string, connectedAt: string): void {
    const known = this.devices.get(imei)?.connectedAt ?? null;
    if (known !== null && Date.parse(known) <= Date.parse(connectedAt)) {
      this.apply({ imei, connectedAt: null });
    }
  }

  /** Shows at once what was applied. */
  publish(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.current.value = this.all();
  }

  /** The complete list of connected devices: the others are not connected. */
  setConnected(connected: readonly ConnectedDevice[]): void {
    const imeis = new Set(connected.map(({ imei }) => imei));
    for (const [imei, { connectedAt }] of this.devices) {
      if (connectedAt !== null && !imeis.has(imei)) {
        this.apply({ imei, connectedAt: null });
      }
    }
    for (const { imei, connectedAt, lastFrameAt } of connected) {
      this.apply({ imei, connectedAt, heardAtMs: Date.parse(lastFrameAt ?? connectedAt) });
    }
  }
}

/** Records can arrive late: the newest by the clock of the device counts. */
function newer(before: DevicePosition | null, given: DevicePosition | undefined): DevicePosition | null {
  if (!given) {
    return before;
  }
  return before && Date.parse(before.at) > Date.parse(given.at) ? before : given;
}
