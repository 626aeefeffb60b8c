import { isPlausibleTime } from '../clock-window.js';
import { type RecordKeys } from './record-batch.js';

/** The new records of one device in a batch. */
export interface DeviceSummary {
  readonly imei: string;
  count: number;
  firstReceivedMs: number;
  lastReceivedMs: number;
  /** The key of the record with the greatest device time. */
  newestMs: number;
  newestHash: bigint;
  /** False when all of its records are further in the future than NEWEST_DAYS_AHEAD. */
  isPlausible: boolean;
}

/** One summary per device, in no order. A record with a plausible time is newer than any record without. */
export function summariseDevices({ imeis, timesMs, hashes, receivedMs }: RecordKeys, nowMs: number): DeviceSummary[] {
  const devices = new Map<string, DeviceSummary>();
  for (let index = 0; index < imeis.length; index++) {
    const imei = imeis[index] as string;
    const [newestMs, newestHash, at] = [timesMs[index] as number, hashes[index] as bigint, receivedMs[index] as number];
    const isPlausible = isPlausibleTime(newestMs, nowMs);
    const known = devices.get(imei);
    if (!known) {
      devices.set(imei, { imei, count: 1, firstReceivedMs: at, lastReceivedMs: at, newestMs, newestHash, isPlausible });
      continue;
    }
    known.count++;
    known.firstReceivedMs = Math.min(known.firstReceivedMs, at);
    known.lastReceivedMs = Math.max(known.lastReceivedMs, at);
    if (isNewer({ newestMs, newestHash, isPlausible }, known)) {
      Object.assign(known, { newestMs, newestHash, isPlausible });
    }
  }
  return [...devices.values()];
}

type Newest = Pick<DeviceSummary, 'newestMs' | 'newestHash' | 'isPlausible'>;

function isNewer(one: Newest, other: Newest): boolean {
  if (one.isPlausible !== other.isPlausible) {
    return one.isPlausible;
  }
  return one.newestMs > other.newestMs || (one.newestMs === other.newestMs && one.newestHash > other.newestHash);
}
