import { ApiProperty, ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, Matches } from 'class-validator';
import { OptionalTime } from '../../platform/http/request-values.js';
import { SCOPES, type Scope } from '../scope.js';

const SCOPES_MESSAGE = `scopes must be one or more of ${SCOPES.join(', ')}, each once`;

/** A key to create. */
export class CreateKeyDto {
  /** Who or what will use it, as the audit shows it. Not the name of another key; `IOT_API_KEY` and `command line` are taken. */
  @ApiProperty({ pattern: '^[A-Za-z][A-Za-z0-9._-]{0,62}$', example: 'app' })
  @Matches(/^(?!IOT_API_KEY)[A-Za-z][A-Za-z0-9._-]{0,62}$/, {
    message: 'name must be 1 to 63 letters, digits, dots, dashes or underscores, begin with a letter, and not be IOT_API_KEY',
  })
  readonly name!: string;

  /** `read` looks, `command` gives devices commands and does not include `read`, `admin` may do everything. */
  @ApiProperty({ enum: SCOPES, isArray: true, minItems: 1, uniqueItems: true, example: ['read', 'command'] })
  @IsArray({ message: SCOPES_MESSAGE })
  @ArrayNotEmpty({ message: SCOPES_MESSAGE })
  @ArrayUnique({ message: SCOPES_MESSAGE })
  @IsIn(SCOPES, { each: true, message: SCOPES_MESSAGE })
  readonly scopes!: Scope[];

  /** When the key expires, ISO 8601 or Unix milliseconds. Not given: never. */
  @ApiPropertyOptional({ example: '2035-01-01T00:00:00Z' })
  @OptionalTime()
  readonly expiresAt?: Date | null;
}
