import { ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { IMEI_CURSOR } from '../../platform/database/page-cursor.js';
import { Cursor, PageLimit } from '../../platform/http/request-values.js';
import { TelemetryRecordDto } from './telemetry-record.dto.js';
import { type RecordView } from './telemetry-query.dto.js';

/** `position`: a record without its attributes, but those of the GNSS receiver. */
export type LatestListView = RecordView | 'position';

const VIEWS = ['raw', 'scaled', 'position'] as const;
export const MAX_LATEST_IMEIS = 1_000;

/** Selects devices, and the representation of their newest records. */
export class LatestListQuery {
  /** Up to 1,000 IMEIs, separated by commas. Without it: all devices with records, page by page. */
  @ApiPropertyOptional({ pattern: '^\\d{15}(,\\d{15}){0,999}$', example: '350612345678901,350612345678902' })
  @IsOptional()
  @Matches(new RegExp(`^\\d{15}(,\\d{15}){0,${MAX_LATEST_IMEIS - 1}}$`), {
    message: `imeis must be up to ${MAX_LATEST_IMEIS} IMEIs of 15 digits, separated by commas`,
  })
  readonly imeis?: string;

  /** Devices per page. Without effect when `imeis` is given. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the previous page. Keep the other parameters unchanged.
   * @example '350612345678901'
   */
  @Cursor(IMEI_CURSOR)
  readonly cursor?: string;

  /** `raw` as the device sent them, by column name; `scaled` with names, units and multiplied values; `position` for maps: of the attributes only `gnss_status` and `sleep_mode`, which say why a record has no satellites. */
  @ApiPropertyOptional({ enum: [...VIEWS], default: 'raw' })
  @IsOptional()
  @IsIn(VIEWS, { message: `view must be ${VIEWS.join(', ')}` })
  readonly view: LatestListView = 'raw';
}

/** The newest record of a device. */
export class LatestRecordDto extends TelemetryRecordDto {
  /** @example '350612345678901' */
  readonly imei!: string;
}

export class LatestListDto {
  readonly success!: true;
  readonly count!: number;
  /** In the order of the IMEIs. */
  readonly records!: LatestRecordDto[];
  /**
   * Devices of `imeis` on this page that have no record, or only records more than two days ahead.
   * @example ['350612345678902']
   */
  readonly missing!: string[];
  /**
   * Pass it as `cursor` to get the next page. Null: this is the last page.
   * @example '350612345678901'
   */
  readonly nextCursor!: string | null;
}
