import { IMEI, integer, type JsonSchema, nullable, objectSchema, time } from './json-schema.js';

/** Position of a record. Without a fix, the coordinates are the last known ones, or null when the device has sent 0/0. */
export interface PositionBody {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly altitude: number;
  readonly angle: number;
  readonly satellites: number;
  readonly speed: number;
  readonly fix: boolean;
}

/** One record in a body that lists every record. */
export interface RecordBody {
  readonly timestamp: string;
  readonly receivedAt: string;
  readonly priority: number;
  readonly eventIoId: number;
  readonly gps: PositionBody;
  readonly attributes: Readonly<Record<string, number | string>>;
  readonly io: Readonly<Record<string, unknown>> | null;
}

/** The database builds it (`iot_telemetry_bodies`) when the event is closed: the event has grown until then, and the records are there. */
export interface TelemetryBody {
  readonly imei: string;
  readonly recordCount: number;
  readonly latestTimestamp: string;
  readonly latestGps: PositionBody | null;
  readonly latestAttributes: Readonly<Record<string, number | string>> | null;
  readonly latestIo: Readonly<Record<string, unknown>> | null;
  readonly firstReceivedAt: string;
  readonly lastReceivedAt: string;
  readonly recordsLeftOut?: number;
  readonly records?: readonly RecordBody[];
}

/** Maximum number of records in the list of one event, when every record is delivered. */
export const RECORDS_PER_EVENT = 100;

const COORDINATE = nullable({ type: 'number', description: 'Degrees.', examples: [54.6872] });

const POSITION = objectSchema<PositionBody>('Position of a record.', {
  latitude: COORDINATE,
  longitude: COORDINATE,
  altitude: integer('Metres.', 120),
  angle: integer('Degrees from north.', 90),
  satellites: integer('Satellites in use.', 9),
  speed: integer('Kilometres per hour.', 42),
  fix: {
    type: 'boolean',
    description:
      'At least one satellite was in use. If false, the coordinates are the last known ones, or null when there are none.',
  },
});

const ATTRIBUTES: JsonSchema = {
  type: 'object',
  description: 'Values of known elements by their names, raw.',
  additionalProperties: { type: ['number', 'string'] },
  examples: [{ external_voltage: 12_345 }],
};

const IO: JsonSchema = nullable({
  type: 'object',
  description: 'Values of all other elements by their AVL ids, raw; null when there are none.',
  examples: [{ '10': 3 }],
});

const RECORD = objectSchema<RecordBody>('One record.', {
  timestamp: time('The time of the device.'),
  receivedAt: time('When the gateway received it.'),
  priority: integer('0 low, 1 high, 2 panic.', 0),
  eventIoId: integer('The AVL id of the element that caused the record; 0 when none did.', 0),
  gps: POSITION,
  attributes: ATTRIBUTES,
  io: IO,
});

export const TELEMETRY_SCHEMAS = {
  telemetry: objectSchema<TelemetryBody>(
    'Records of a device. The values are those of the newest one by the clock of the device.',
    {
      imei: IMEI,
      recordCount: integer('How many records this event stands for.', 12),
      latestTimestamp: time('The time of the newest record.'),
      latestGps: nullable({ ...POSITION, description: 'Position of the newest record; null when retention has deleted it.' }),
      latestAttributes: nullable(ATTRIBUTES),
      latestIo: IO,
      firstReceivedAt: time('When the gateway received the first of the records.'),
      lastReceivedAt: time('When the gateway received the last of them.'),
      recordsLeftOut: integer(
        'How many of the records `records` does not list because more than WEBHOOK_TELEMETRY_MAX_RECORDS waited for the host. They are stored.',
        3,
      ),
      records: {
        type: 'array',
        items: RECORD,
        maxItems: RECORDS_PER_EVENT,
        description: 'Every record, oldest first. Present with WEBHOOK_TELEMETRY_RECORDS=all.',
      },
    },
    ['recordsLeftOut', 'records'],
  ),
} as const;
