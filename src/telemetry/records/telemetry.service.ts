import { Injectable } from '@nestjs/common';
import { SessionsService } from '../../sessions/sessions.service.js';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { NewestRecordRepository } from './newest-record.repository.js';
import { decodeRecordCursor, RECORD_CURSOR, recordCursorOf } from './record-cursor.js';
import { recordJson } from './record-json.js';
import { type RecordView, type TelemetryHistoryQuery } from './telemetry-query.dto.js';
import { TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { type TelemetryRecord } from './telemetry-record.js';

/** Reads records for the REST API: history pages and the newest record. */
@Injectable()
export class TelemetryService {
  constructor(
    private readonly reader: TelemetryReaderRepository,
    private readonly newest: NewestRecordRepository,
    private readonly sessions: SessionsService,
  ) {}

  /** A page of a device's records, as the JSON text of a TelemetryHistoryDto. Throws InvalidInputError, DeviceUnknownError. */
  async history(imei: string, query: TelemetryHistoryQuery): Promise<string> {
    const { from = null, to = null, order, limit, view } = query;
    if (from && to && from >= to) {
      throw new InvalidInputError('from must be before to');
    }
    const after = query.cursor === undefined ? null : decodeRecordCursor(query.cursor, order);
    const page = await this.reader.findHistory({ imei, from, to, order, view, after, limit });
    if (page.rows.length === 0) {
      await this.requireKnown(imei);
    }
    const records = page.rows.map((record) => recordJson(record, view)).join(',');
    const nextCursor = RECORD_CURSOR.next(page, (record) => recordCursorOf(record, order));
    return `{"success":true,"imei":"${imei}","count":${page.rows.length},"records":[${records}],"nextCursor":${JSON.stringify(nextCursor)}}`;
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
