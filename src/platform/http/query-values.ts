import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDate, IsInt, IsOptional, Max, Min } from 'class-validator';
import { parseTime } from './iso-time.js';

const TIME_MESSAGE =
  '$property must be a time in ISO 8601 (2026-11-23T12:00:00Z; UTC without a zone) that exists, or Unix milliseconds';

/** In the year 5138; as many digits as parseTime takes. */
const MAX_UNIX_MILLISECONDS = 99_999_999_999_999;

/** ISO 8601, or Unix milliseconds. What is neither stays text, which the validator refuses. */
function ToDate(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    // In a body Unix milliseconds are a number.
    return typeof value === 'string' || Number.isInteger(value) ? (parseTime(String(value)) ?? value) : value;
  });
}

/** Digits become a number; anything else stays text, which the validator refuses. */
function ToInteger(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value));
}

/** May be left out or null: both leave the property's default. For bodies in which null has no meaning of its own. */
export function Optional(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) => value ?? undefined),
  );
}

/** A parameter that is a time, and need not be given. */
export function OptionalTime(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      anyOf: [
        { type: 'string', format: 'date-time' },
        { type: 'string', format: 'date' },
        { type: 'integer', minimum: 0, maximum: MAX_UNIX_MILLISECONDS },
      ],
      example: '2026-11-23T00:00:00Z',
    }),
    Optional(),
    ToDate(),
    IsDate({ message: TIME_MESSAGE }),
  );
}

/** How many entries a page may have; the property's own default is 100. */
export function PageLimit(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
    IsOptional(),
    ToInteger(),
    IsInt({ message: '$property must be a whole number' }),
    Min(1, { message: '$property must be at least 1' }),
    Max(1000, { message: '$property must be at most 1000' }),
  );
}
