import { type Api, type CallOptions, dataOf } from './api.js';
import { atCursor, Pages } from './pages.js';
import {
  type IoElement,
  type LatestRecord,
  type operations,
  type QuarantineEntry,
  type QuarantineRetried,
  type RetryQuarantine,
  type TelemetryRecord,
} from './schema.generated.js';

export type TelemetryLatestQuery = NonNullable<operations['getLatestTelemetry']['parameters']['query']>;
export type LatestTelemetryQuery = NonNullable<operations['listLatestTelemetry']['parameters']['query']>;
export type TelemetryHistoryQuery = NonNullable<operations['getTelemetryHistory']['parameters']['query']>;
export type QuarantineQuery = NonNullable<operations['listQuarantineEntries']['parameters']['query']>;

export class Telemetry {
  constructor(private readonly api: Api) {}

  /** The newest record of a device by its own clock. */
  async latest(imei: string, query: TelemetryLatestQuery = {}, options: CallOptions = {}): Promise<TelemetryRecord> {
    const params = { path: { imei }, query };
    return (await dataOf(this.api.GET('/api/v1/devices/{imei}/telemetry/latest', { params, ...options }))).record;
  }

  /** The newest records of many devices: of those that `imeis` names (up to 1,000, separated by commas), or of all. Devices without a record are left out. */
  latestOfMany(query: LatestTelemetryQuery = {}, options: CallOptions = {}): Pages<LatestRecord> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { records, nextCursor } = await dataOf(this.api.GET('/api/v1/telemetry/latest', { params, ...options }));
      return { items: records, nextCursor };
    });
  }

  /** The records of a device in the order of its clock, newest first unless `order` says otherwise. */
  history(imei: string, query: TelemetryHistoryQuery = {}, options: CallOptions = {}): Pages<TelemetryRecord> {
    return new Pages(async (cursor) => {
      const params = { path: { imei }, query: atCursor(query, cursor) };
      const { records, nextCursor } = await dataOf(this.api.GET('/api/v1/devices/{imei}/telemetry', { params, ...options }));
      return { items: records, nextCursor };
    });
  }

  /** The dictionary of AVL ids. */
  async ioElements(options: CallOptions = {}): Promise<IoElement[]> {
    return (await dataOf(this.api.GET('/api/v1/io-elements', { ...options }))).elements;
  }
}

/** Bytes that devices sent and that could not be stored as records. */
export class Quarantine {
  constructor(private readonly api: Api) {}

  /** Newest first. */
  list(query: QuarantineQuery = {}, options: CallOptions = {}): Pages<QuarantineEntry> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { entries, nextCursor } = await dataOf(this.api.GET('/api/v1/quarantine', { params, ...options }));
      return { items: entries, nextCursor };
    });
  }

  async get(id: string, options: CallOptions = {}): Promise<QuarantineEntry> {
    return (await dataOf(this.api.GET('/api/v1/quarantine/{id}', { params: { path: { id } }, ...options }))).entry;
  }

  /** Decodes entries again, and moves those that can be decoded to the stored records. */
  retry(body: RetryQuarantine = {}, options: CallOptions = {}): Promise<QuarantineRetried> {
    return dataOf(this.api.POST('/api/v1/quarantine/retry', { body, ...options }));
  }
}
