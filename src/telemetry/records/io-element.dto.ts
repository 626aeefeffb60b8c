import { ApiProperty } from '../../platform/http/open-api-decorators.js';
import { type IoElementDefinition } from '../../protocol/io-dictionary.js';
import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';

const COLUMN_OF_ID = new Map(ATTRIBUTE_COLUMNS.map(({ avlId, name }) => [avlId, name]));

/** Definition of one AVL id in Teltonika's tables. */
export class IoElementDto {
  /** AVL id. */
  readonly id!: number;
  /** @example 'External Voltage' */
  readonly name!: string;
  /**
   * The column of the telemetry table. Null when its values are in `io`.
   * @example 'external_voltage'
   */
  readonly column!: string | null;
  /** Bytes by the table, null where it gives none. */
  readonly width!: number | null;
  readonly variable!: boolean;
  @ApiProperty({ enum: ['unsigned', 'signed', 'hex', 'ascii'] })
  readonly type!: IoElementDefinition['type'];
  readonly multiplier!: number | null;
  /** @example 'V' */
  readonly unit!: string | null;
  /** Meanings of single values. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { 0: 'stopped', 1: 'moving' },
  })
  readonly values!: Readonly<Record<string, string>> | null;
  /** Raw values that are an error code, and the meaning of each. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { 32767: 'sensor not found' },
  })
  readonly errors!: Readonly<Record<string, string>> | null;
  /** Raw values that are either an error code or a measurement, with an explanation. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { 850: 'sensor not ready, unless it is 85.0 °C' },
  })
  readonly doubts!: Readonly<Record<string, string>> | null;
  /** Further widths with the same meaning. */
  @ApiProperty({ type: [Number], example: [4] })
  readonly otherWidths!: readonly number[];
  /** The API writes the value with leading zeros, up to this number of digits. */
  readonly minDigits!: number | null;
  /** @example 'Permanent I/O elements' */
  readonly group!: string | null;
  /** In the table of the TFT100. */
  readonly tft100!: boolean;
  /** Another device family uses this id with another meaning. */
  readonly differsBetweenFamilies!: boolean;

  static from(definition: IoElementDefinition): IoElementDto {
    return { ...definition, column: COLUMN_OF_ID.get(definition.id) ?? null };
  }
}

export class IoElementListDto {
  readonly success!: true;
  readonly count!: number;
  readonly elements!: IoElementDto[];
}
