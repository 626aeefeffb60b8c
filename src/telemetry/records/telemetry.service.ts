import { type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { SessionsService } from '../../sessions/sessions.service.js';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { MAX_PAGE_BYTES } from '../../platform/database/bounded-page.js';
import { type LatestListQuery } from './latest-list.dto.js';
import { NewestRecordRepository } from './newest-record.repository.js';
import { decodeRecordCursor, RECORD_CURSOR, recordCursorOf } from './record-cursor.js';
import { type ExportName, TelemetryExports } from './telemetry-exports.js';
import { recordJson } from './record-json.js';
import { type RecordView, type TelemetryHistoryQuery } from './telemetry-query.dto.js';
import { TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { type TelemetryRecord } from './telemetry-record.js';

/** Reading 1,000 large records at once took up to 32 MB, of which a page has 4 MB. */
const DEVICES_PER_READ = 250;

type ExportQuery = Pick<TelemetryHistoryQuery, 'from' | 'to' | 'order' | 'view'>;

/** Reads records for the REST API: history pages and the newest record. */
@Injectable()
export class TelemetryService {
  constructor(
    private readonly reader: TelemetryReaderRepository,
    private readonly newest: NewestRecordRepository,
    private readonly exports: TelemetryExports,
    private readonly sessions: SessionsService,
  ) {}

  /** A page of a device's records, as the JSON text of a TelemetryHistoryDto. Throws InvalidInputError, DeviceUnknownError. */
  async history(imei: string, query: TelemetryHistoryQuery): Promise<string> {
    const { from = null, to = null, order, limit, view } = query;
    requireOrder(from, to);
    const after = query.cursor === undefined ? null : decodeRecordCursor(query.cursor, order);
    const page = await this.reader.findHistory({ imei, from, to, order, view, after, limit });
    if (page.rows.length === 0) {
      await this.requireKnown(imei);
    }
    const records = page.rows.map((record) => recordJson(record, view)).join(',');
    const nextCursor = RECORD_CURSOR.next(page, (record) => recordCursorOf(record, order));
    return `{"success":true,"imei":"${imei}","count":${page.rows.length},"records":[${records}],"nextCursor":${JSON.stringify(nextCursor)}}`;
  }

  /** All records of a range as a stream. Throws InvalidInputError, DeviceUnknownError, TooManyExportsError. */
  async export(imei: string, query: ExportQuery, name: ExportName): Promise<Readable> {
    const { from = null, to = null, order, view } = query;
    requireOrder(from, to);
    const stream = await this.exports.open({ imei, from, to, order, view }, name);
    if (stream.isEmpty) {
      try {
        await this.requireKnown(imei);
      } catch (error) {
        stream.readable.destroy();
        throw error;
      }
    }
    return stream.readable;
  }

  /** The newest record by the device's clock, as the JSON text of a TelemetryLatestDto. Throws DeviceUnknownError, NoTelemetryError. */
  async latest(imei: string, view: RecordView): Promise<string> {
    const record = (await this.newest.findOne(imei)) ?? (await this.newestWithWrongClock(imei));
    if (!record) {
      await this.requireKnown(imei);
      throw new NoTelemetryError();
    }
    return `{"success":true,"imei":"${imei}","record":${recordJson(record, view)}}`;
  }

  /** The newest records of many devices, as the JSON text of a LatestListDto. */
  async latestOfMany({ imeis, limit, cursor, view }: LatestListQuery): Promise<string> {
    const named = imeis === undefined ? null : [...new Set(imeis.split(','))].sort().filter((imei) => imei > (cursor ?? ''));
    // One more than the limit shows whether there is a next page.
    const listed = named ?? (await this.newest.listImeis(cursor ?? null, limit + 1));
    const page = named ?? listed.slice(0, limit);
    const records: string[] = [];
    const missing: string[] = [];
    let [done, bytes] = [0, 0];
    while (done < page.length && bytes < MAX_PAGE_BYTES) {
      const imeis = page.slice(done, done + DEVICES_PER_READ);
      const found = await this.newest.findMany(imeis);
      for (const imei of imeis) {
        if (bytes >= MAX_PAGE_BYTES) {
          break;
        }
        done++;
        const record = found.get(imei);
        if (record) {
          const json = recordJson(record, view);
          records.push(`{"imei":"${imei}",${json.slice(1)}`);
          bytes += json.length;
        } else if (named !== null) {
          missing.push(imei);
        }
      }
    }
    const nextCursor = done < listed.length ? (page[done - 1] ?? null) : null;
    return `{"success":true,"count":${records.length},"records":[${records.join(',')}],"missing":${JSON.stringify(missing)},"nextCursor":${JSON.stringify(nextCursor)}}`;
  }

  /** Used for a device that has only records from the future, which are never the latest ones. */
  private async newestWithWrongClock(imei: string): Promise<TelemetryRecord | null> {
    const range = { imei, from: null, to: null, order: 'newest', view: 'raw', after: null, limit: 1 } as const;
    return (await this.reader.findRange(range)).rows[0] ?? null;
  }

  private async requireKnown(imei: string): Promise<void> {
    if (!(await this.sessions.isConnected(imei)) && !(await this.reader.hasRecords(imei))) {
      throw new DeviceUnknownError();
    }
  }
}

function requireOrder(from: Date | null, to: Date | null): void {
  if (from && to && from >= to) {
    throw new InvalidInputError('from must be before to');
  }
}

/** The device is not connected and has no records. */
export class DeviceUnknownError extends DomainError {
  override readonly name = 'DeviceUnknownError';
  readonly code = 'DEVICE_UNKNOWN';
  readonly httpStatus = 404;

  constructor() {
    super('Device not known: it is not connected and has no records');
  }
}

/** The device is connected and has no records. */
export class NoTelemetryError extends DomainError {
  override readonly name = 'NoTelemetryError';
  readonly code = 'NO_TELEMETRY';
  readonly httpStatus = 404;

  constructor() {
    super('The device has no records yet');
  }
}
