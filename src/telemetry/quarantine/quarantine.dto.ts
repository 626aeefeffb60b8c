import { ApiProperty, ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { IsInt, Matches, Max, Min } from 'class-validator';
import { ID_CURSOR } from '../../platform/database/page-cursor.js';
import { Cursor, Optional, OptionalTime, PageLimit } from '../../platform/http/request-values.js';
import { type QuarantinedFrame } from './quarantined-frame.entity.js';

const REASON_MESSAGE = 'reason must be an error code like TRUNCATED';
const MAX_RETRIED_ROWS = 1_000;

/** Selects quarantined bytes. */
export class QuarantineFilterDto {
  /**
   * Limits the result to one device.
   * @example '350612345678901'
   */
  @Optional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /**
   * Error code for which they were quarantined.
   * @example 'TRUNCATED'
   */
  @Optional()
  @Matches(/^[A-Z][A-Z_]{0,63}$/, { message: REASON_MESSAGE })
  readonly reason?: string;

  /**
   * First received at this time or later, ISO 8601 or Unix milliseconds.
   * @example '2026-11-23T00:00:00Z'
   */
  @OptionalTime()
  readonly from?: Date;

  /**
   * First received before this time.
   * @example '2026-11-24T00:00:00Z'
   */
  @OptionalTime()
  readonly to?: Date;

  /**
   * `nextCursor` of the previous response.
   * @example '1207'
   */
  @Cursor(ID_CURSOR)
  readonly cursor?: string;
}

export class QuarantineQuery extends QuarantineFilterDto {
  /** Entries per page. A page ends earlier when its bytes reach 1 MiB. */
  @PageLimit()
  readonly limit: number = 100;
}

export class RetryQuarantineDto extends QuarantineFilterDto {
  /** Entries to decode in this request, oldest first. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_RETRIED_ROWS, default: 100, example: 100 })
  @Optional()
  @IsInt({ message: '$property must be a whole number' })
  @Min(1, { message: '$property must be at least 1' })
  @Max(MAX_RETRIED_ROWS, { message: `$property must be at most ${MAX_RETRIED_ROWS}` })
  readonly limit: number = 100;
}

/** The `:id` of a path. */
export class QuarantineIdParam {
  /**
   * The `quarantineId` of an entry.
   * @example '1207'
   */
  @Matches(/^\d{1,18}$/, { message: 'id must be a quarantineId: a whole number' })
  readonly id!: string;
}

/** Bytes that a device sent and that could not be stored as records. */
export class QuarantineEntryDto {
  /**
   * A 64-bit number in decimal.
   * @example '1207'
   */
  readonly quarantineId!: string;
  /** @example '350612345678901' */
  readonly imei!: string;
  /** When the bytes were received for the first time. */
  readonly receivedAt!: Date;
  readonly lastReceivedAt!: Date;
  /**
   * How often the device sent these bytes.
   * @example 1
   */
  readonly occurrences!: number;
  /** @example '198.51.100.7' */
  readonly remoteAddress!: string;
  /** `frame`: a whole frame that could not be decoded. `record`: one record that the database rejected. */
  @ApiProperty({ enum: ['frame', 'record'] })
  readonly scope!: 'frame' | 'record';
  /**
   * Error code, as in the metric of rejected frames.
   * @example 'TRUNCATED'
   */
  readonly reason!: string;
  /** @example 'needs 8 bytes at offset 20, 3 are left' */
  readonly detail!: string;
  /** The bytes in hex: of a frame from preamble to CRC. */
  @ApiProperty({ example: '000000000000003f0703' })
  readonly rawHex!: string;

  static from(entry: QuarantinedFrame): QuarantineEntryDto {
    const { quarantineId, imei, receivedAt, lastReceivedAt, occurrences, remoteAddress, scope, reason, detail, raw } = entry;
    return {
      quarantineId,
      imei,
      receivedAt,
      lastReceivedAt,
      occurrences: Number(occurrences),
      remoteAddress,
      scope,
      reason,
      detail,
      rawHex: raw.toString('hex'),
    };
  }
}

export class QuarantineAnswerDto {
  readonly success!: true;
  readonly entry!: QuarantineEntryDto;
}

export class QuarantineListDto {
  readonly success!: true;
  readonly count!: number;
  readonly entries!: QuarantineEntryDto[];
  /**
   * Pass it as `cursor` to get the next page. Null: this is the last page.
   * @example '1207'
   */
  readonly nextCursor!: string | null;
}

/** An entry that cannot be decoded by this version either. */
export class StillQuarantinedDto {
  /** @example '1207' */
  readonly quarantineId!: string;
  /** @example '350612345678901' */
  readonly imei!: string;
  /** @example 'TRUNCATED' */
  readonly reason!: string;
  /** @example 'needs 8 bytes at offset 20, 3 are left' */
  readonly detail!: string;
}

export class QuarantineRetriedDto {
  readonly success!: true;
  /**
   * Entries that were decoded again.
   * @example 3
   */
  readonly read!: number;
  /**
   * Entries whose records are stored now; they are no longer in quarantine.
   * @example 2
   */
  readonly moved!: number;
  /**
   * Records of them that are new.
   * @example 20
   */
  readonly recordsStored!: number;
  /**
   * Records of them that were stored before.
   * @example 0
   */
  readonly duplicates!: number;
  /** Entries that stay in quarantine, with the reason. */
  readonly remaining!: StillQuarantinedDto[];
  /**
   * Pass it as `cursor` to go on with the next entries. Null: no entries are left to retry.
   * @example '1207'
   */
  readonly nextCursor!: string | null;
}
