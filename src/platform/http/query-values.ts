import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDate, IsInt, IsOptional, Max, Min } from 'class-validator';
import { parseTime } from './iso-time.js';

const TIME_MESSAGE =
  '$property must be a time in ISO 8601 (2026-11-23T12:00:00Z; UTC without a zone) that exists, or Unix milliseconds';

/** ISO 8601, or Unix milliseconds. What is neither stays text, which the validator refuses. */
function ToDate(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    return typeof value === 'string' ? (parseTime(value) ?? value) : value;
  });
}

/** Digits become a number; anything else stays text, which the validator refuses. */
function ToInteger(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value));
}

/** A parameter that is a time, and need not be given. */
export function OptionalTime(): PropertyDecorator {
  return applyDecorators(IsOptional(), ToDate(), IsDate({ message: TIME_MESSAGE }));
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
