import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';

/** An attribute as PostgreSQL returns it: numbers as numbers, `numeric` as text so that no digit is lost. */
export type AttributeValue = number | string;

/** Bytes on the wire of the elements whose width does not fit the definition of their id; an array for a repeated id. */
export type OddWidths = Readonly<Record<string, number | readonly number[]>>;

/** By AVL id: the value, or all values of a repeated id in order. `timestamp` is the device time where it did not fit its column, `widths` are OddWidths. */
export type StoredIo = Readonly<Record<string, AttributeValue | readonly AttributeValue[] | OddWidths>>;

/** One row of the telemetry table, as read. */
export interface TelemetryRecord {
  readonly iotTimestamp: Date;
  readonly timestamp: Date;
  readonly recordHash: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly angle: number;
  readonly satellites: number;
  readonly speed: number;
  readonly priority: number;
  readonly eventIoId: number;
  readonly generationType: number | null;
  /** In the order of ATTRIBUTE_COLUMNS. */
  readonly attributes: readonly (AttributeValue | null)[];
  readonly io: StoredIo | null;
}

/** One JSON array instead of 36 columns: pg then creates one object per row. */
const ATTRIBUTES = ATTRIBUTE_COLUMNS.map(({ name, type }) => (type === 'numeric' ? `${name}::text` : name)).join(', ');

/** The select list that gives a TelemetryRecord. */
export const SELECT_RECORD = `
  iot_timestamp as "iotTimestamp", timestamp, record_hash::text as "recordHash",
  latitude::float8 as latitude, longitude::float8 as longitude, altitude, angle, satellites, speed,
  priority, event_io_id as "eventIoId", generation_type as "generationType",
  json_build_array(${ATTRIBUTES}) as attributes, io`;
