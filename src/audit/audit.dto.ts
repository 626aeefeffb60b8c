import { ApiProperty } from '@nestjs/swagger';

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
