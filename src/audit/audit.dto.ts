import { ApiProperty } from '@nestjs/swagger';

/** Something that was done, and by whom. */
export class AuditEntryDto {
  /** A 64-bit number in decimal. */
  readonly auditId!: string;
  readonly at!: Date;
  /** @example 'command.created' */
  readonly action!: string;
  /** Null for IOT_API_KEY and the command line. */
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
  readonly remoteAddress!: string | null;
  /** The `x-request-id` of the request. */
  readonly requestId!: string | null;
}

export class AuditListDto {
  readonly success!: true;
  readonly count!: number;
  readonly entries!: AuditEntryDto[];
  /** Give it as `cursor` to get the next page. Null: there is no more. */
  readonly nextCursor!: string | null;
}
