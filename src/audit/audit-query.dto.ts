import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsDate, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { TIME_MESSAGE, ToDate, ToInteger } from '../platform/http/query-values.js';

/** Which entries. Newest first. */
export class AuditQuery {
  /**
   * Name or number of a key.
   * @example 'app'
   */
  @IsOptional()
  @Matches(/^[\x20-\x7e]{1,64}$/, { message: 'key must be the name or the number of a key' })
  readonly key?: string;

  /** @example 'command.created' */
  @IsOptional()
  @Matches(/^[a-z][a-z.-]{0,63}$/, { message: 'action must be a word like command.created' })
  readonly action?: string;

  /** @example '350612345678901' */
  @IsOptional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /** Done at this time or later, ISO 8601 or Unix milliseconds. */
  @IsOptional()
  @ToDate()
  @IsDate({ message: TIME_MESSAGE })
  readonly from?: Date;

  /** Done before this time. */
  @IsOptional()
  @ToDate()
  @IsDate({ message: TIME_MESSAGE })
  readonly to?: Date;

  /** Entries a page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @ToInteger()
  @IsInt({ message: 'limit must be a whole number' })
  @Min(1, { message: 'limit must be at least 1' })
  @Max(1000, { message: 'limit must be at most 1000' })
  readonly limit: number = 100;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @Matches(/^\d{1,17}_\d{1,18}$/, { message: 'cursor must be a nextCursor of an earlier answer' })
  readonly cursor?: string;
}
