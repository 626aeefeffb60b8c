import { ApiProperty, ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, Matches } from 'class-validator';
import { CreateCommandDto, IDEMPOTENCY_KEY } from '../create-command.dto.js';
import { GuardFactsDto } from '../guards/guard.dto.js';

export const MAX_ENTRIES = 1_000;

/** A command of a bulk request. */
export class BulkCommandEntryDto extends CreateCommandDto {
  /** As the header Idempotency-Key of POST command: for 24 hours, the same key and entry give the same command back. */
  @ApiPropertyOptional({ pattern: IDEMPOTENCY_KEY.source, example: 'job-123' })
  @IsOptional()
  @Matches(IDEMPOTENCY_KEY, { message: 'idempotencyKey must be 1 to 200 printable ASCII characters without blanks' })
  readonly idempotencyKey?: string;
}

export class BulkCommandsDto {
  /** Each is accepted or refused for itself. Those of one device come in their order. */
  @ApiProperty({ type: [BulkCommandEntryDto], minItems: 1, maxItems: MAX_ENTRIES })
  @IsArray({ message: 'commands must be a list' })
  @ArrayMinSize(1, { message: 'commands must not be empty' })
  @ArrayMaxSize(MAX_ENTRIES, { message: `commands must be at most ${MAX_ENTRIES} at once` })
  // Not validated here: a wrong entry does not refuse the others.
  readonly commands!: unknown[];
}

/** What became of one entry. */
export class BulkCommandResultDto {
  /** The status that POST command would have answered: 200, 202, or that of the error. */
  @ApiProperty({ type: 'integer', example: 200 })
  readonly status!: number;
  /**
   * Of an accepted entry.
   * @example '1207'
   */
  readonly commandLogId?: string;
  /**
   * Of a refused entry, for people.
   * @example 'Device not connected'
   */
  readonly error?: string;
  /**
   * Of a refused entry, stable, for programs.
   * @example 'DEVICE_NOT_CONNECTED'
   */
  readonly code?: string;
  /** Of GUARD_NOT_MET: what the guard was compared with. */
  readonly facts?: GuardFactsDto;
}

export class BulkCommandsAnswerDto {
  readonly success!: true;
  /** Entries of the request. */
  @ApiProperty({ type: 'integer', example: 2 })
  readonly count!: number;
  /** Entries with status 200 or 202. */
  @ApiProperty({ type: 'integer', example: 1 })
  readonly accepted!: number;
  /** In the order of the entries. */
  readonly results!: BulkCommandResultDto[];
}
