import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from './open-api-decorators.js';
import { Transform } from 'class-transformer';
import { IsDate, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { MINUTE_MS } from '../time-units.js';

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

/** A parameter that is a day (UTC), of which the property has the beginning. */
export function Day(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'string', format: 'date' }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && DAY.test(value) ? (parseTime(value) ?? value) : value,
    ),
    IsDate({ message: '$property must be a day that exists, as YYYY-MM-DD' }),
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

/** `nextCursor` of an earlier response; it need not be given. */
export function Cursor({ pattern }: { readonly pattern: RegExp }): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ pattern: pattern.source }),
    Optional(),
    Matches(pattern, { message: '$property must be a nextCursor of an earlier response' }),
  );
}

/** The `:imei` of a path. Described by hand: the Swagger plugin reads files of DTOs only. */
export class ImeiParam {
  @ApiProperty({ description: '15 digits.', pattern: '^\\d{15}$', example: '350612345678901' })
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei!: string;
}

const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UNIX_MILLISECONDS = /^\d{1,14}$/;
const MAX_OFFSET_HOURS = 23;
/** Outside of these years ISO 8601 needs a sign and six digits, which PostgreSQL does not read. */
export const YEARS = { from: 1, to: 9_999 };

/**
 * A time in ISO 8601 or in Unix milliseconds; null for anything else, also for a date or a time of day that does not exist. Not Date.parse: that
 * one takes 30 February for 2 March, and a time without a zone for one of the machine's zone. Without a zone it is UTC.
 */
export function parseTime(text: string): Date | null {
  if (UNIX_MILLISECONDS.test(text)) {
    return new Date(Number(text));
  }
  const match = ISO_8601.exec(text);
  if (!match) {
    return null;
  }
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign = '+', hours = '0', minutes = '0'] =
    match;
  const fields = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number];
  const offsetMinutes = Number(hours) * 60 + Number(minutes);
  const local = existing(fields);
  if (local === null || Number(hours) > MAX_OFFSET_HOURS || Number(minutes) > 59) {
    return null;
  }
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return withinYears(new Date(local + milliseconds - (sign === '-' ? -1 : 1) * offsetMinutes * MINUTE_MS));
}

/** An offset can move a time out of the year that was written. */
function withinYears(time: Date): Date | null {
  const year = time.getUTCFullYear();
  return year >= YEARS.from && year <= YEARS.to ? time : null;
}

/** As UTC in milliseconds; null when a field is beyond its range, which would be counted on into the next one. */
function existing([year, month, day, hour, minute, second]: [number, number, number, number, number, number]): number | null {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const isSame =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isSame ? date.getTime() : null;
}

type GivenMembers<T> = { [Name in keyof T]?: Exclude<T[Name], null | undefined> };

/** A copy without the members that are null or undefined: in a request, null stands for "not given", as many hosts' JSON writers have it. */
export function givenMembers<T extends object>(input: T): GivenMembers<T> {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null && value !== undefined),
  ) as GivenMembers<T>;
}
