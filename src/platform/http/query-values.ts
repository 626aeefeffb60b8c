import { Transform } from 'class-transformer';

const ISO_8601 = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

export const TIME_MESSAGE = '$property must be a time in ISO 8601 (2026-11-23T12:00:00Z) or Unix milliseconds';

/** ISO 8601, or Unix milliseconds. What is neither stays text, which the validator refuses. */
export function ToDate(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') {
      return value;
    }
    const date = /^\d{1,14}$/.test(value) ? new Date(Number(value)) : new Date(ISO_8601.test(value) ? value : NaN);
    return Number.isNaN(date.getTime()) ? value : date;
  });
}

/** Digits become a number; anything else stays text, which the validator refuses. */
export function ToInteger(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value));
}
