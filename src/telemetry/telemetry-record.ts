import { ATTRIBUTE_COLUMNS } from './telemetry-columns.js';

/** What PostgreSQL gives for an attribute: numbers as numbers, `numeric` as text so that no digit is lost. */
export type AttributeValue = number | string;

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
  readonly io: Readonly<Record<string, AttributeValue>> | null;
}

/** One JSON array instead of 36 columns: pg then makes one object a row, and the names stay in one table. */
const ATTRIBUTES = ATTRIBUTE_COLUMNS.map(({ name, type }) => (type === 'numeric' ? `${name}::text` : name)).join(', ');

/** The select list that gives a TelemetryRecord. */
export const SELECT_RECORD = `
  iot_timestamp as "iotTimestamp", timestamp, record_hash::text as "recordHash",
  latitude::float8 as latitude, longitude::float8 as longitude, altitude, angle, satellites, speed,
  priority, event_io_id as "eventIoId", generation_type as "generationType",
  json_build_array(${ATTRIBUTES}) as attributes, io`;
