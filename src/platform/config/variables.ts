import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';

/**
 * Decorators for one environment variable each. Conversion is explicit: class-transformer's implicit conversion makes
 * the text "false" true. Text that does not convert stays text, so that the validator beside it refuses it.
 */

/** A whole number between two bounds, both included. */
export function IntegerVariable(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value)),
    IsInt({ message: `$property must be a whole number` }),
    Min(min, { message: `$property must be at least ${min}` }),
    Max(max, { message: `$property must be at most ${max}` }),
  );
}

/** A TCP or UDP port. 0 lets the system choose one. */
export function PortVariable(): PropertyDecorator {
  return IntegerVariable(0, 65_535);
}

/** true or false (also 1, 0, yes, no, on, off). */
export function FlagVariable(): PropertyDecorator {
  const words = new Map([
    ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
    ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
  ]);
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (words.get(value.toLowerCase()) ?? value) : value)),
    IsBoolean({ message: '$property must be true or false (or on or off)' }),
  );
}
