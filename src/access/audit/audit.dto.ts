import { ApiProperty } from '../../platform/http/open-api-decorators.js';
import { IsOptional, Matches } from 'class-validator';
import { TIME_CURSOR } from '../../platform/database/page-cursor.js';
import { Cursor, OptionalTime, PageLimit } from '../../platform/http/request-values.js';

/** Something that was done, and by whom. */
export class AuditEntryDto {
  /**
   * A 64-bit number in decimal.
   * @example '1207'
   */
  readonly auditId!: string;
  readonly at!: Date;
  /** @example 'command.created' */
  readonly action!: string;
  /**
   * Null for IOT_API_KEY and the command line.
   * @example '1'
   */
  readonly keyId!: string | null;
  /**
   * Name of the key, or `IOT_API_KEY`, or `command line`.
   * @example 'app'
   */
  readonly keyName!: string;
  /** @example '350612345678901' */
  readonly imei!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { commandLogId: '1', command: 'setdigout 1?' } })
  readonly details!: Record<string, unknown>;
  /** @example '198.51.100.7' */
  readonly remoteAddress!: string | null;
  /**
   * The `x-request-id` of the request.
   * @example '7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10'
   */
  readonly requestId!: string | null;
}

export class AuditListDto {
  readonly success!: true;
  readonly count!: number;
  readonly entries!: AuditEntryDto[];
  /**
   * Give it as `cursor` to get the next page. Null: there is no more.
   * @example '1764072000000000_1207'
   */
  readonly nextCursor!: string | null;
}

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
  @Cursor(TIME_CURSOR)
  readonly cursor?: string;
}
