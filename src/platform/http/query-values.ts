import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDate, IsInt, IsOptional, Max, Min } from 'class-validator';

const ISO_8601 = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const TIME_MESSAGE = '$property must be a time in ISO 8601 (2026-11-23T12:00:00Z) or Unix milliseconds';

/** ISO 8601, or Unix milliseconds. What is neither stays text, which the validator refuses. */
function ToDate(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') {
      return value;
    }
    const date = /^\d{1,14}$/.test(value) ? new Date(Number(value)) : new Date(ISO_8601.test(value) ? value : NaN);
    return Number.isNaN(date.getTime()) ? value : date;
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
