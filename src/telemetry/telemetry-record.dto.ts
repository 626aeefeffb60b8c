import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { findIoElement } from '../protocol/io-dictionary.js';
import { ATTRIBUTE_COLUMNS } from './telemetry-columns.js';
import { type RecordView } from './telemetry-query.dto.js';
import { type AttributeValue, type TelemetryRecord } from './telemetry-record.js';

/** One attribute with its meaning. */
export class ScaledElementDto {
  /** AVL id. */
  readonly id!: number;
  /** The column of the telemetry table, null for what stands in `io`. */
  readonly column!: string | null;
  /** By Teltonika's AVL table; null for an id it does not have. */
  readonly name!: string | null;
  /** As the device sent it. Eight-byte values are text, so that no digit is lost. */
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'string' }], example: 12843 })
  readonly raw!: AttributeValue;
  /** The raw value times the multiplier of the table; the raw value where the table gives none. */
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'string' }], example: 12.843 })
  readonly value!: AttributeValue;
  /** @example 'V' */
  readonly unit!: string | null;
  /** The word for this value, where the table has one. */
  readonly meaning!: string | null;
}

/** One AVL record. */
export class TelemetryRecordDto {
  /** When the device made it, by its own clock. */
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
  /** 0 low, 1 high, 2 panic. */
  readonly priority!: number;
  /** The AVL id whose change made the device write this record, 0 for a periodic one. */
  readonly eventIoId!: number;
  /** Codec 16 only. */
  readonly generationType!: number | null;
  /** view=raw: raw values by column name, those that the record has. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { external_voltage: 12843, movement: 1 } })
  readonly attributes?: Record<string, AttributeValue>;
  /** view=raw: raw values by AVL id, of attributes that have no column or did not fit it. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, example: { 24: 17 } })
  readonly io?: Readonly<Record<string, AttributeValue>> | null;
  /** view=scaled: every attribute with name, unit and multiplied value. */
  readonly elements?: ScaledElementDto[];

  static from(record: TelemetryRecord, view: RecordView): TelemetryRecordDto {
    const { attributes, io, recordHash: _recordHash, ...common } = record;
    return view === 'raw'
      ? { ...common, attributes: byColumnName(attributes), io }
      : { ...common, elements: [...scaledColumns(attributes), ...scaledRest(io)] };
  }
}

export class TelemetryHistoryDto {
  readonly success!: true;
  readonly imei!: string;
  readonly count!: number;
  readonly records!: TelemetryRecordDto[];
  /** Give it as `cursor` to get the next page. Null: there is no more. */
  readonly nextCursor!: string | null;
}

export class TelemetryLatestDto {
  readonly success!: true;
  readonly imei!: string;
  readonly record!: TelemetryRecordDto;
}

function byColumnName(attributes: TelemetryRecord['attributes']): Record<string, AttributeValue> {
  const named: Record<string, AttributeValue> = {};
  ATTRIBUTE_COLUMNS.forEach(({ name }, index) => {
    const value = attributes[index] ?? null;
    if (value !== null) {
      named[name] = value;
    }
  });
  return named;
}

function scaledColumns(attributes: TelemetryRecord['attributes']): ScaledElementDto[] {
  return ATTRIBUTE_COLUMNS.flatMap(({ avlId, name }, index) => {
    const value = attributes[index] ?? null;
    return value === null ? [] : [scaled(avlId, name, value)];
  });
}

function scaledRest(io: TelemetryRecord['io']): ScaledElementDto[] {
  // Keys that are no AVL id are fields of the record that did not fit their column.
  return Object.entries(io ?? {}).flatMap(([key, value]) => (/^\d+$/.test(key) ? [scaled(Number(key), null, value)] : []));
}

function scaled(id: number, column: string | null, raw: AttributeValue): ScaledElementDto {
  const definition = findIoElement(id);
  const multiplier = definition?.multiplier ?? null;
  return {
    id,
    column,
    name: definition?.name ?? null,
    raw,
    value: typeof raw === 'number' && multiplier !== null ? multiply(raw, multiplier) : raw,
    unit: definition?.unit ?? null,
    meaning: definition?.values?.[String(raw)] ?? null,
  };
}

/** Without the noise of binary fractions: 1001 times 0.001 is 1.001. */
function multiply(raw: number, multiplier: number): number {
  return Number((raw * multiplier).toPrecision(12));
}
