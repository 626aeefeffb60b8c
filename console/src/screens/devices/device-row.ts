import { type Device, type LatestRecord, type RegisteredDevice, type UnknownDevice } from '../../../../client/src/index.js';
import { isReceiverOff } from '../../api/gnss-receiver.js';
import { session } from '../../app/session.js';
import { type StreamEvent } from '../../app/stream.js';

/** One device, from whatever knows it: its connection, the register, refused logins, the stream. */
export interface DeviceRow {
  readonly imei: string;
  name: string | null;
  status: 'registered' | 'banned' | null;
  isConnected: boolean;
  /** Of the last login that is known: an event of an older connection changes nothing. */
  epoch: number;
  connectedAt: string | null;
  address: string | null;
  instance: string | null;
  /** When the gateway received something of it last, in Unix milliseconds. */
  lastDataAtMs: number | null;
  speedKmh: number | null;
  /** Whether its newest record has no position although the GNSS receiver was on; null: not known. */
  lacksFix: boolean | null;
  /** Logins that were refused because it is not registered. */
  refusedLogins: number;
}

export type DeviceState = 'connected' | 'stale' | 'problem' | 'offline' | 'banned' | 'refused';

/** A connected device that has sent nothing for longer is stale. */
export const STALE_MS = 10 * 60_000;

export function emptyRow(imei: string): DeviceRow {
  return {
    imei,
    name: null,
    status: null,
    isConnected: false,
    epoch: 0,
    connectedAt: null,
    address: null,
    instance: null,
    lastDataAtMs: null,
    speedKmh: null,
    lacksFix: null,
    refusedLogins: 0,
  };
}

export function stateOf(row: DeviceRow, nowMs: number): DeviceState {
  if (row.status === 'banned') {
    return 'banned';
  }
  if (!row.isConnected) {
    return row.status === null && row.refusedLogins > 0 ? 'refused' : 'offline';
  }
  if (row.lastDataAtMs !== null && nowMs - row.lastDataAtMs > STALE_MS) {
    return 'stale';
  }
  return row.lacksFix === true ? 'problem' : 'connected';
}

export function applyConnection(row: DeviceRow, device: Device): void {
  const isHere = device.instance === session.peek()?.gateway.instance;
  row.isConnected = true;
  row.epoch = device.epoch;
  row.connectedAt = device.connectedAt;
  row.address = device.remoteAddress;
  row.instance = device.instance;
  // The time of the last frame is known to the instance that holds the connection alone.
  noteFrame(row, device.lastFrameAt ?? (isHere ? device.connectedAt : null));
}

export function applyRegistration(row: DeviceRow, { name, status }: RegisteredDevice): void {
  row.name = name;
  row.status = status;
}

export function applyRefusals(row: DeviceRow, { attempts, lastAddress, lastSeen }: UnknownDevice): void {
  row.refusedLogins = attempts;
  row.address ??= lastAddress;
  noteFrame(row, lastSeen);
}

export function applyNewest(row: DeviceRow, { timestamp, satellites, speed, attributes }: LatestRecord): void {
  row.lacksFix = satellites === 0 && !isReceiverOff(attributes);
  row.speedKmh = satellites > 0 ? speed : null;
  noteFrame(row, timestamp);
}

export function applyEvent(row: DeviceRow, { data }: StreamEvent): void {
  switch (data.type) {
    case 'device.connected':
      if (data.epoch < row.epoch) {
        break;
      }
      row.isConnected = true;
      row.epoch = data.epoch;
      row.connectedAt = data.connectedAt;
      row.address = data.remoteAddress;
      row.instance = data.instance;
      noteFrame(row, data.connectedAt);
      break;
    case 'device.disconnected':
      row.isConnected &&= data.epoch < row.epoch;
      break;
    case 'telemetry':
      row.speedKmh = data.latestGps?.speed ?? null;
      row.lacksFix = data.latestGps ? !data.latestGps.fix && !isReceiverOff(data.latestAttributes) : null;
      noteFrame(row, data.lastReceivedAt);
      break;
    case 'device.message':
      noteFrame(row, data.receivedAt);
      break;
    default: // Commands are no news of the device.
  }
}

function noteFrame(row: DeviceRow, at: string | null): void {
  if (at !== null) {
    row.lastDataAtMs = Math.max(row.lastDataAtMs ?? 0, Date.parse(at));
  }
}
