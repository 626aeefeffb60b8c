import { Injectable } from '@nestjs/common';
import { SessionsService } from '../../sessions/sessions.service.js';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { decodeRecordCursor, RECORD_CURSOR } from './record-cursor.js';
import { type RecordView, type TelemetryHistoryQuery } from './telemetry-query.dto.js';
import { TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { type TelemetryHistoryDto, type TelemetryLatestDto, TelemetryRecordDto } from './telemetry-record.dto.js';
import { type TelemetryRecord } from './telemetry-record.js';

/** Reads records for the REST API: history pages and the newest record. */
@Injectable()
export class TelemetryService {
  constructor(
    private readonly reader: TelemetryReaderRepository,
    private readonly sessions: SessionsService,
  ) {}

  /** A page of a device's records. Throws InvalidInputError, DeviceUnknownError. */
  async history(imei: string, query: TelemetryHistoryQuery): Promise<TelemetryHistoryDto> {
    const { from = null, to = null, order, limit, view } = query;
    if (from && to && from >= to) {
      throw new InvalidInputError('from must be before to');
    }
    const after = query.cursor === undefined ? null : decodeRecordCursor(query.cursor, order);
    const page = await this.reader.findHistory({ imei, from, to, order, view, after, limit });
    if (page.rows.length === 0) {
      await this.requireKnown(imei);
    }
    return {
      success: true,
      imei,
      count: page.rows.length,
      records: page.rows.map((record) => TelemetryRecordDto.from(record, view)),
      nextCursor: RECORD_CURSOR.next(page, ({ iotTimestamp, recordHash }) => ({
        order,
        iotTimestamp: iotTimestamp.toISOString(),
        recordHash,
      })),
    };
  }

  /** The newest record by the device's clock. Throws DeviceUnknownError, NoTelemetryError. */
  async latest(imei: string, view: RecordView): Promise<TelemetryLatestDto> {
    const record = (await this.reader.findLatest(imei)) ?? (await this.newestWithWrongClock(imei));
    if (!record) {
      await this.requireKnown(imei);
      throw new NoTelemetryError();
    }
    return { success: true, imei, record: TelemetryRecordDto.from(record, view) };
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
