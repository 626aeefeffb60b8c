import { type Tone } from '../../ui/badge.js';

/** Where a device was, by its newest record. */
export interface DevicePosition {
  readonly latitude: number;
  readonly longitude: number;
  /** Of the record, by the clock of the device. */
  readonly at: string;
  /** km/h. */
  readonly speed: number;
  /** Degrees clockwise from north. */
  readonly angle: number;
  /** Of 0 the coordinates are the last known ones. */
  readonly satellites: number;
  /** The GNSS receiver was off, as in a parked vehicle: no satellites are no problem. */
  readonly isReceiverOff: boolean;
}

export interface FleetDevice {
  readonly imei: string;
  /** As it was registered; null without one. */
  readonly name: string | null;
  readonly isBanned: boolean;
  readonly connectedAt: string | null;
  /** When the gateway has last received something of it, as far as is known. */
  readonly heardAtMs: number | null;
  readonly position: DevicePosition | null;
}

export const STATES = ['problem', 'stale', 'connected', 'offline'] as const;
export type DeviceState = (typeof STATES)[number];

export const STATE_NAMES: Readonly<Record<DeviceState, string>> = {
  problem: 'Banned or no fix',
  stale: 'Stale',
  connected: 'Connected',
  offline: 'Not connected',
};

export const STATE_TONES: Readonly<Record<DeviceState, Tone>> = {
  problem: 'bad',
  stale: 'warning',
  connected: 'good',
  offline: 'neutral',
};

/** Silent for longer than a moving device is with the usual settings. */
const STALE_MS = 10 * 60_000;

/** Why a device is not in order, in one sentence; null when nothing is known to be wrong. */
export function problemOf({ isBanned, connectedAt, position }: FleetDevice): string | null {
  if (isBanned) {
    return 'It is banned: its logins are refused.';
  }
  if (connectedAt !== null && position?.satellites === 0 && !position.isReceiverOff) {
    return 'It is connected, and its newest record has no position fix.';
  }
  return null;
}

export function stateOf(device: FleetDevice, nowMs: number): DeviceState {
  if (problemOf(device) !== null) {
    return 'problem';
  }
  if (device.connectedAt === null) {
    return 'offline';
  }
  return device.heardAtMs !== null && nowMs - device.heardAtMs > STALE_MS ? 'stale' : 'connected';
}

/** Of its badge: a device has one of the two problems. */
export function stateNameOf(device: FleetDevice, nowMs: number): string {
  const state = stateOf(device, nowMs);
  const problem = device.isBanned ? 'Banned' : 'No fix';
  return state === 'problem' ? problem : STATE_NAMES[state];
}

/** Its name, or else its IMEI. */
export function titleOf({ name, imei }: FleetDevice): string {
  return name ?? imei;
}
