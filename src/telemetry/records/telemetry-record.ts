import { ATTRIBUTE_COLUMNS, COPY_COLUMNS } from '../telemetry-columns.js';

/** An attribute as it is read: numbers as numbers, `numeric` as text so that no digit is lost. */
export type AttributeValue = number | string;

/** Bytes on the wire of the elements whose width does not fit the definition of their id; an array for a repeated id. */
export type OddWidths = Readonly<Record<string, number | readonly number[]>>;

/** By AVL id: the value, or all values of a repeated id in order. `timestamp` is the device time where it did not fit its column, `widths` are OddWidths. */
export type StoredIo = Readonly<Record<string, AttributeValue | readonly AttributeValue[] | OddWidths>>;

/** One row of the telemetry table, as read. */
export interface TelemetryRecord {
  readonly imei: string;
  /** Milliseconds since 1970, by the device's clock. */
  readonly timeMs: number;
  /** Milliseconds since 1970. */
  readonly receivedMs: number;
  /** A signed 64-bit number in decimal. */
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
  /** The text of a StoredIo: most readers pass it on. */
  readonly io: string | null;
}

/** The select list that `decodeRecordRow` reads. */
export const RECORD_ROW = COPY_COLUMNS.join(', ');

/** A record as the driver returns it for SELECT_RECORD: `bigint` and `numeric` as text, the rest as numbers. */
export type RecordColumns = Readonly<Record<string, number | string | null>>;

/** The select list of a statement for single records, which `recordOfColumns` reads. */
export const SELECT_RECORD = `iot_imei,
  floor(extract(epoch from iot_timestamp) * 1000)::float8 as time_ms, floor(extract(epoch from timestamp) * 1000)::float8 as received_ms,
  record_hash, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id, generation_type,
  ${ATTRIBUTE_COLUMNS.map(({ name }) => name).join(', ')}, io::text as io`;

export function recordOfColumns(row: RecordColumns): TelemetryRecord {
  const attributes = ATTRIBUTE_COLUMNS.map(({ name, type }) => {
    const value = row[name] ?? null;
    return type === 'bigint' && value !== null ? Number(value) : value;
  });
  return {
    imei: String(row.iot_imei),
    timeMs: Number(row.time_ms),
    receivedMs: Number(row.received_ms),
    recordHash: String(row.record_hash),
    latitude: Number(row.latitude),
    longitude: Number(row.longitude),
    altitude: Number(row.altitude),
    angle: Number(row.angle),
    satellites: Number(row.satellites),
    speed: Number(row.speed),
    priority: Number(row.priority),
    eventIoId: Number(row.event_io_id),
    generationType: row.generation_type as number | null,
    attributes,
    io: row.io as string | null,
  };
}
