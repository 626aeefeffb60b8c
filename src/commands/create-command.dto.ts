import { ApiPropertyOptional } from '../platform/http/open-api-decorators.js';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min, ValidateNested } from 'class-validator';
import { type CommandCodec, type CommandMode } from './command.js';
import { GuardConditionsDto } from './guards/guard.dto.js';

/** Teltonika, "SMS/GPRS commands": the most one command may have. */
const MAX_COMMAND_CHARACTERS = 160;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;
/** Printable ASCII without blanks. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
const MAX_TTL_SECONDS = 2_592_000;
const MAX_POSTPONED_SECONDS = 2_592_000;

/** A command for a device: either `command` or `action`. */
export class CreateCommandDto {
  /**
   * 15 digits.
   * @example '350612345678901'
   */
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei!: string;

  /**
   * The text that is written to the device: printable ASCII, at most 160 characters. Required unless `action` is given.
   * @example 'getinfo'
   */
  @ApiPropertyOptional({ minLength: 1, maxLength: MAX_COMMAND_CHARACTERS, pattern: '^[ -~]*[!-~][ -~]*$' })
  @IsOptional()
  @IsString({ message: 'command must be text' })
  readonly command?: string;

  /**
   * In place of `command`: the name of an action of the catalogue, which makes the text out of `params`.
   * @example 'output1-on'
   */
  @IsOptional()
  @IsString({ message: 'action must be text' })
  readonly action?: string;

  /** The parameters of the action. `GET command-catalogue` has their JSON Schema (`paramsSchema`). */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { timeoutSeconds: 10 } })
  @IsOptional()
  @IsObject({ message: 'params must be an object' })
  readonly params?: Readonly<Record<string, unknown>>;

  /** Written before the other commands of the device that wait. Not given: as the action says, otherwise false. */
  @IsOptional()
  @IsBoolean({ message: 'urgent must be true or false' })
  readonly urgent?: boolean;

  /** Any JSON; comes back in every event of this command. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { job_id: '123', action: 'START' } })
  @IsOptional()
  readonly metadata?: unknown;

  /** `live`: the device must be connected. `queue`: sent at its next login, until `ttlSeconds`. */
  @ApiPropertyOptional({ enum: ['live', 'queue'], default: 'live' })
  @IsOptional()
  @IsIn(['live', 'queue'], { message: 'mode must be live or queue' })
  readonly mode?: CommandMode;

  /** mode=queue: how long it may wait for the device. Default one day. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_TTL_SECONDS, default: 86_400 })
  @IsOptional()
  @IsInt({ message: 'ttlSeconds must be a whole number' })
  @Min(1, { message: 'ttlSeconds must be at least 1' })
  @Max(MAX_TTL_SECONDS, { message: `ttlSeconds must be at most ${MAX_TTL_SECONDS}` })
  readonly ttlSeconds?: number;

  /** How often it is sent again when the device does not answer. 0: at most one execution. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 100, example: 3 })
  @IsOptional()
  @IsInt({ message: 'maxRetry must be a whole number' })
  @Min(0, { message: 'maxRetry must be at least 0' })
  @Max(100, { message: 'maxRetry must be at most 100' })
  readonly maxRetry?: number;

  /** Seconds the device gets to answer one attempt. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 86_400, example: 60 })
  @IsOptional()
  @IsInt({ message: 'timeoutSeconds must be a whole number' })
  @Min(1, { message: 'timeoutSeconds must be at least 1' })
  @Max(86_400, { message: 'timeoutSeconds must be at most 86400' })
  readonly timeoutSeconds?: number;

  /**
   * Seconds a device gets that has accepted the command and postponed it, until a speed is low enough for example. Not given:
   * COMMAND_POSTPONED_SECONDS.
   */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_POSTPONED_SECONDS, example: 86_400 })
  @IsOptional()
  @IsInt({ message: 'postponedSeconds must be a whole number' })
  @Min(1, { message: 'postponedSeconds must be at least 1' })
  @Max(MAX_POSTPONED_SECONDS, { message: `postponedSeconds must be at most ${MAX_POSTPONED_SECONDS}` })
  readonly postponedSeconds?: number;

  /** Conditions for every write of the command. Those of its entry in the catalogue hold too. */
  @IsOptional()
  @IsObject({ message: 'guard must be an object' })
  @ValidateNested()
  @Type(() => GuardConditionsDto)
  readonly guard?: GuardConditionsDto | null;

  /** 14 lets the device check that the command is for its IMEI; few models know it. */
  @ApiPropertyOptional({ enum: [12, 14], default: 12 })
  @IsOptional()
  @IsIn([12, 14], { message: 'codec must be 12 or 14' })
  readonly codec?: CommandCodec;
}

/**
 * Why this can't be sent to a device, or null when it can. The reason never repeats a character that is at fault: it goes into
 * answers and logs.
 */
export function commandTextProblem(text: string): string | null {
  if (text === '') {
    return 'the command is empty';
  }
  if (text.length > MAX_COMMAND_CHARACTERS) {
    return `the command has ${text.length} characters; a device takes ${MAX_COMMAND_CHARACTERS} at most`;
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) {
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      return `character ${i + 1} of the command is ${name}; only printable ASCII (0x20 to 0x7e) can be sent`;
    }
  }
  return text.trim() === '' ? 'the command is blank' : null;
}
