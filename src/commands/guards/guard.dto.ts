import { ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Optional, OptionalTime } from '../../platform/http/request-values.js';
import { DEFAULT_RECORD_AGE_SECONDS, type GuardConditions, MAX_RECORD_AGE_SECONDS, MAX_SPEED_KMH } from './guard.js';

/**
 * Conditions, at least one. Before every write they are compared with the newest record of the device by device time. A record that is not
 * fresh enough, or none, does not meet any guard.
 */
export class GuardConditionsDto implements GuardConditions {
  /** The greatest speed, in km/h. A record without a fix (0 satellites, speed 0) does not meet it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_SPEED_KMH, example: 5 })
  @Optional()
  @IsInt({ message: 'guard.maxSpeedKmh must be a whole number' })
  @Min(0, { message: 'guard.maxSpeedKmh must be at least 0' })
  @Max(MAX_SPEED_KMH, { message: `guard.maxSpeedKmh must be at most ${MAX_SPEED_KMH}` })
  readonly maxSpeedKmh?: number;

  /** The state of the ignition (AVL id 239). A record without it does not meet it. */
  @ApiPropertyOptional({ enum: ['on', 'off'], example: 'off' })
  @Optional()
  @IsIn(['on', 'off'], { message: 'guard.ignition must be on or off' })
  readonly ignition?: 'on' | 'off';

  /** Seconds by which the device time of the newest record may differ from the present (clock of the database), in either direction. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_RECORD_AGE_SECONDS, default: DEFAULT_RECORD_AGE_SECONDS })
  @Optional()
  @IsInt({ message: 'guard.maxRecordAgeSeconds must be a whole number' })
  @Min(1, { message: 'guard.maxRecordAgeSeconds must be at least 1' })
  @Max(MAX_RECORD_AGE_SECONDS, { message: `guard.maxRecordAgeSeconds must be at most ${MAX_RECORD_AGE_SECONDS}` })
  readonly maxRecordAgeSeconds?: number;

  /** Not written after this time, ISO 8601 or Unix milliseconds. A command that waits ends then. */
  @OptionalTime()
  readonly notAfter?: Date;
}

/** The conditions of a command: those of the request and those of its catalogue entry. */
export class GuardDto {
  /** @example 5 */
  readonly maxSpeedKmh!: number | null;
  /** @example 'off' */
  @ApiPropertyOptional({ enum: ['on', 'off'], nullable: true })
  readonly ignition!: 'on' | 'off' | null;
  /** @example 120 */
  readonly maxRecordAgeSeconds!: number;
  /** @example '2026-11-23T12:00:00.000Z' */
  readonly notAfter!: string | null;
}

/** What a guard was compared with: the newest record of the device. */
export class GuardFactsDto {
  /**
   * Null: no record, or one without a fix.
   * @example 3
   */
  readonly speedKmh!: number | null;
  /**
   * Null: no record, or one without AVL id 239.
   * @example 'off'
   */
  @ApiPropertyOptional({ enum: ['on', 'off'], nullable: true })
  readonly ignition!: 'on' | 'off' | null;
  /**
   * Its device time. Null: the device has no record.
   * @example '2026-11-23T11:59:48.000Z'
   */
  readonly recordTime!: string | null;
  /**
   * Negative for a record from the future.
   * @example 12.4
   */
  readonly recordAgeSeconds!: number | null;
}
