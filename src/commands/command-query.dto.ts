import { ApiPropertyOptional } from '../platform/http/open-api-decorators.js';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { TIME_CURSOR } from '../platform/database/page-cursor.js';
import { Cursor, OptionalTime, PageLimit } from '../platform/http/request-values.js';
import { COMMAND_STATUSES, FAILURE_REASONS, type CommandStatus, type FailureReason } from './command.js';

/** Which commands. Newest first. */
export class CommandQuery {
  /**
   * Of one device only.
   * @example '350612345678901'
   */
  @IsOptional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /** How they stand. */
  @ApiPropertyOptional({ enum: COMMAND_STATUSES })
  @IsOptional()
  @IsIn(COMMAND_STATUSES, { message: `status must be one of ${COMMAND_STATUSES.join(', ')}` })
  readonly status?: CommandStatus;

  /** Why they failed. */
  @ApiPropertyOptional({ enum: FAILURE_REASONS })
  @IsOptional()
  @IsIn(FAILURE_REASONS, { message: `reason must be one of ${FAILURE_REASONS.join(', ')}` })
  readonly reason?: FailureReason;

  /** Created at this time or later, ISO 8601 or Unix milliseconds. */
  @OptionalTime()
  readonly from?: Date;

  /** Created before this time. */
  @OptionalTime()
  readonly to?: Date;

  /** Commands a page. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the page before.
   * @example '1764072000000000_1207'
   */
  @Cursor(TIME_CURSOR)
  readonly cursor?: string;
}

/** The `:id` of a path. */
export class CommandIdParam {
  /**
   * The `commandLogId` of a command.
   * @example '1'
   */
  @Matches(/^\d{1,18}$/, { message: 'id must be a commandLogId: a number' })
  readonly id!: string;
}
