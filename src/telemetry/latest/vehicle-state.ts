import { type AvlRecord } from '../../protocol/avl-record.js';
import { isPlausibleTime } from '../clock-window.js';
import { recordHash, storedTimestampMs } from '../row-encoding/record-row.js';

const IGNITION_ID = 239;

/** What one record says about the vehicle. */
export interface VehicleState {
  /** Device time in Unix milliseconds. */
  readonly recordTimeMs: number;
  /** Orders records with the same device time, as the database does. */
  readonly recordHash: bigint;
  /** Null when the record has no fix: its speed is then 0, whatever the vehicle does (Teltonika wiki, Codec, "GPS element"). */
  readonly speedKmh: number | null;
  /** Null when the record does not contain AVL id 239. */
  readonly ignition: 'on' | 'off' | null;
}

export function vehicleStateOf(record: AvlRecord): VehicleState {
  // Of a repeated id the last one counts, as in the column.
  const ignition = record.io.findLast(({ id }) => id === IGNITION_ID)?.value;
  return {
    recordTimeMs: storedTimestampMs(record),
    recordHash: BigInt.asIntN(64, recordHash(record.bytes)),
    speedKmh: speedOf(record),
    ignition: ignition === undefined || typeof ignition === 'object' ? null : ignitionOf(Number(ignition)),
  };
}

/** A device without a fix reports no satellites and the speed 0. Any other speed is one that it has measured. */
export function speedOf({ speed, satellites }: Pick<AvlRecord, 'speed' | 'satellites'>): number | null {
  return speed === 0 && satellites === 0 ? null : speed;
}

export function ignitionOf(value: number | null): 'on' | 'off' | null {
  if (value === 1) {
    return 'on';
  }
  return value === 0 ? 'off' : null;
}

/** The state of the record with the greatest device time that is not too far in the future; null when there is none. */
export function newestStateOf(records: readonly AvlRecord[], nowMs: number): VehicleState | null {
  return records
    .filter((record) => isPlausibleTime(storedTimestampMs(record), nowMs))
    .map(vehicleStateOf)
    .reduce<VehicleState | null>(newerState, null);
}

/** The newer one by device time. */
export function newerState(one: VehicleState | null, other: VehicleState | null): VehicleState | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  if (one.recordTimeMs !== other.recordTimeMs) {
    return one.recordTimeMs > other.recordTimeMs ? one : other;
  }
  return one.recordHash >= other.recordHash ? one : other;
}
