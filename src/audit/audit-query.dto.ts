import { IsOptional, Matches } from 'class-validator';
import { OptionalTime, PageLimit } from '../platform/http/query-values.js';

/** Which entries. Newest first. */
export class AuditQuery {
  /**
   * Name or number of a key.
   * @example 'app'
   */
  @IsOptional()
  @Matches(/^[\x20-\x7e]{1,64}$/, { message: 'key must be the name or the number of a key' })
  readonly key?: string;

  /**
   * What was done.
   * @example 'command.created'
   */
  @IsOptional()
  @Matches(/^[a-z][a-z.-]{0,63}$/, { message: 'action must be a word like command.created' })
  readonly action?: string;

  /**
   * About one device only.
   * @example '350612345678901'
   */
  @IsOptional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /** Done at this time or later, ISO 8601 or Unix milliseconds. */
  @OptionalTime()
  readonly from?: Date;

  /** Done before this time. */
  @OptionalTime()
  readonly to?: Date;

  /** Entries a page. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the page before.
   * @example '1764072000000000_1207'
   */
  @IsOptional()
  @Matches(/^\d{1,17}_\d{1,18}$/, { message: 'cursor must be a nextCursor of an earlier answer' })
  readonly cursor?: string;
}
