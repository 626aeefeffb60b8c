import { ApiProperty } from '@nestjs/swagger';
import { type IoElementDefinition } from '../protocol/io-dictionary.js';
import { ATTRIBUTE_COLUMNS } from './telemetry-columns.js';

const COLUMN_OF_ID = new Map(ATTRIBUTE_COLUMNS.map(({ avlId, name }) => [avlId, name]));

/** What Teltonika's tables say of one AVL id. */
export class IoElementDto {
  /** AVL id. */
  readonly id!: number;
  /** @example 'External Voltage' */
  readonly name!: string;
  /** The column of the telemetry table, null when its values stand in `io`. */
  readonly column!: string | null;
  /** Bytes by the table, null where it gives none. */
  readonly width!: number | null;
  readonly variable!: boolean;
  @ApiProperty({ enum: ['unsigned', 'signed', 'hex', 'ascii'] })
  readonly type!: IoElementDefinition['type'];
  readonly multiplier!: number | null;
  readonly unit!: string | null;
  /** Words for single values. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { 0: 'stopped', 1: 'moving' },
  })
  readonly values!: Readonly<Record<string, string>> | null;
  readonly group!: string | null;
  /** In the table of the TFT100. */
  readonly tft100!: boolean;
  /** Another device family gives this id another meaning. */
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
