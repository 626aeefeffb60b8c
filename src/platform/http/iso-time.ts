const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/;
const UNIX_MILLISECONDS = /^\d{1,14}$/;
const MINUTE_MS = 60_000;
const MAX_OFFSET_HOURS = 23;
/** Outside of these years ISO 8601 needs a sign and six digits, which PostgreSQL does not read. */
const YEARS = { from: 1, to: 9_999 };

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
