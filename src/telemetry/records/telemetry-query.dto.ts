import { ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { IsIn, IsOptional } from 'class-validator';
import { Cursor, Day, OptionalTime, PageLimit } from '../../platform/http/request-values.js';
import { RECORD_CURSOR, type RecordOrder } from './record-cursor.js';

export type RecordView = 'raw' | 'scaled';

/** Selects the representation of records. */
export class RecordViewQuery {
  /** `raw` as the device sent them, by column name; `scaled` with names, units and multiplied values. */
  @ApiPropertyOptional({ enum: ['raw', 'scaled'], default: 'raw' })
  @IsOptional()
  @IsIn(['raw', 'scaled'], { message: 'view must be raw or scaled' })
  readonly view: RecordView = 'raw';
}

/** Selects the day of a track. */
export class TrackQuery {
  /**
   * The day in UTC.
   * @example '2026-11-23'
   */
  @Day()
  readonly date!: Date;
}

/** Selects records of a device by the device's clock. */
export class TelemetryHistoryQuery extends RecordViewQuery {
  /**
   * Records from this device time on, ISO 8601 or Unix milliseconds.
   * @example '2026-11-23T00:00:00Z'
   */
  @OptionalTime()
  readonly from?: Date;

  /**
   * Records before this device time.
   * @example '2026-11-24T00:00:00Z'
   */
  @OptionalTime()
  readonly to?: Date;

  /** Records per page. */
  @PageLimit()
  readonly limit: number = 100;

  /** Order of the records by device time. */
  @ApiPropertyOptional({ enum: ['newest', 'oldest'], default: 'newest' })
  @IsOptional()
  @IsIn(['newest', 'oldest'], { message: 'order must be newest or oldest' })
  readonly order: RecordOrder = 'newest';

  /**
   * `nextCursor` of the previous page. Keep the other parameters unchanged.
   * @example 'newest_2026-11-23T12:00:00.123Z_-1'
   */
  @Cursor(RECORD_CURSOR)
  readonly cursor?: string;
}
