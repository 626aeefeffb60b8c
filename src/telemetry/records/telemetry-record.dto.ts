import { ApiProperty, ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { type ScaledElement } from './scaled-elements.js';
import { type AttributeValue, type StoredIo } from './telemetry-record.js';

/**
 * The schema of a ScaledElement. `value` has no null in its TypeScript type: for that the Swagger plugin adds `nullable` beside `oneOf`, which
 * strict validators reject.
 */
export class ScaledElementDto {
  /** AVL id. */
  readonly id!: number;
  /**
   * The column of the telemetry table. Null for a value in `io`.
   * @example 'external_voltage'
   */
  readonly column!: string | null;
  /**
   * From Teltonika's AVL table. Null for an id that is not in the table, and when the width on the wire does not fit the table.
   * @example 'External Voltage'
   */
  readonly name!: string | null;
  /** As the device sent it. Ids of eight bytes are text, so that no digit is lost; ids of variable width are hex, or text in a column. */
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'string' }], example: 12843 })
  readonly raw!: AttributeValue;
  /**
   * The raw value times the multiplier of the table, or the raw value where the table gives none. Null when the raw value is an error code.
   * Identifiers (iButton) have 16 hex digits; bytes that are text (VIN) are text.
   */
  @ApiProperty({ oneOf: [{ type: 'number', nullable: true }, { type: 'string' }], example: 12.843 })
  readonly value!: AttributeValue;
  /**
   * Null for a number without a multiplier in the table: its scale is not known.
   * @example 'V'
   */
  readonly unit!: string | null;
  /**
   * The meaning of the value, if the table has one: a state, an error code ("sensor not found"), an ambiguity. Or that the width does not fit.
   * @example 'sensor not found'
   */
  readonly meaning!: string | null;
}

/** One AVL record. The schema only: record-json.ts writes the text. */
export class TelemetryRecordDto {
  /** When the device recorded it, by its own clock. */
  readonly iotTimestamp!: Date;
  /** When the gateway received it. */
  readonly timestamp!: Date;
  /**
   * Degrees, seven decimals at most.
   * @example 54.6872
   */
  readonly latitude!: number;
  /**
   * Degrees, seven decimals at most.
   * @example 25.2797
   */
  readonly longitude!: number;
  /** Metres. */
  readonly altitude!: number;
  /** Degrees clockwise from north. */
  readonly angle!: number;
  /** 0 means no fix: the coordinates are the last known ones. */
  readonly satellites!: number;
  /** km/h. */
  readonly speed!: number;
  /** 0: low, 1: high, 2: panic. */
  readonly priority!: number;
  /** The AVL id whose change made the device write this record, 0 for a periodic one. */
  readonly eventIoId!: number;
  /** Codec 16 only. */
  readonly generationType!: number | null;
  /** view=raw: raw values by column name, those that the record has. view=position: `gnss_status` and `sleep_mode` of them. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { external_voltage: 12843, movement: 1 } })
  readonly attributes?: Record<string, AttributeValue>;
  /**
   * view=raw: raw values by AVL id, of attributes that have no column or did not fit it. The JSON type follows the id. An id that occurs
   * several times in the record has an array of all its values here, and the last one in its column. `widths` has the bytes on the wire of ids
   * whose width does not fit the dictionary.
   */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, example: { 24: 17 } })
  readonly io?: StoredIo | null;
  /** view=scaled: every attribute with name, unit and multiplied value. */
  @ApiPropertyOptional({ type: [ScaledElementDto] })
  readonly elements?: ScaledElement[];
}

export class TelemetryHistoryDto {
  readonly success!: true;
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly count!: number;
  readonly records!: TelemetryRecordDto[];
  /**
   * Pass it as `cursor` to get the next page. Null: this is the last page.
   * @example 'newest_2026-11-23T12:00:00.123Z_-1'
   */
  readonly nextCursor!: string | null;
}

export class TelemetryLatestDto {
  readonly success!: true;
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly record!: TelemetryRecordDto;
}
