import { DAY_MS } from '../time-units.js';

/** Days since 1970-01-01, both ends included. */
export interface DayRange {
  readonly first: number;
  readonly last: number;
}

/** A span of time, from `from` up to but without `to` (milliseconds, or infinite), and the days in it that may have rows. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
  readonly ranges: readonly DayRange[];
}

/** Days of the first window, unless the reader names them. Each window has four times as many as the one before it. */
const FIRST_WINDOW_DAYS = 1;
const GROWTH = 4;
/** A statement takes two locks for each partition, of which a server can hold some thousands. */
const MAX_WINDOW_DAYS = 256;
/** Ranges in one window: each is a condition of the statement. */
const MAX_RANGES = 16;

/**
 * Cuts the time from `from` to `to` into windows, in the order in which a page is read. A reader asks for one after the other until its page is full, so a
 * page of a busy device opens one partition or two, and one that finds little in many days takes few statements.
 *
 * @param firstDays days of the first window.
 */
export function* dayWindows(
  ranges: readonly DayRange[],
  from: number,
  to: number,
  newestFirst: boolean,
  firstDays = FIRST_WINDOW_DAYS,
): Generator<DayWindow> {
  const left = mergeRanges(clip(ranges, from, to));
  let [start, end] = [from, to];
  for (let days = firstDays; ; days = Math.min(days * GROWTH, MAX_WINDOW_DAYS)) {
    const taken = take(left, days, newestFirst);
    const isLast = left.length === 0;
    const cut = newestFirst ? Math.min(...taken.map(({ first }) => first)) : Math.max(...taken.map(({ last }) => last + 1));
    if (isLast) {
      yield { from: start, to: end, ranges: taken };
      return;
    }
    const cutMs = cut * DAY_MS;
    yield newestFirst ? { from: cutMs, to: end, ranges: taken } : { from: start, to: cutMs, ranges: taken };
    [start, end] = newestFirst ? [start, cutMs] : [cutMs, end];
  }
}

/** A condition on `column` that PostgreSQL compares with the bounds of partitions when it plans: made of numbers only. */
export function inRanges(column: string, ranges: readonly DayRange[]): string {
  if (ranges.length === 0) {
    return 'false';
  }
  const conditions = ranges.map(
    ({ first, last }) => `(${column} >= ${timestamp(first * DAY_MS)} and ${column} < ${timestamp((last + 1) * DAY_MS)})`,
  );
  return `(${conditions.join(' or ')})`;
}

/** A literal of a moment in milliseconds, or of an infinite one. */
export function timestamp(ms: number): string {
  if (Number.isFinite(ms)) {
    return `timestamptz '${new Date(ms).toISOString()}'`;
  }
  return ms < 0 ? `timestamptz '-infinity'` : `timestamptz 'infinity'`;
}

function clip(ranges: readonly DayRange[], from: number, to: number): DayRange[] {
  const [least, most] = [Math.floor(from / DAY_MS), Math.ceil(to / DAY_MS) - 1];
  return ranges
    .map(({ first, last }) => ({ first: Math.max(first, least), last: Math.min(last, most) }))
    .filter(({ first, last }) => first <= last);
}

/** Ascending, without overlaps. */
function mergeRanges(ranges: DayRange[]): DayRange[] {
  const merged: DayRange[] = [];
  for (const range of ranges.sort((one, other) => one.first - other.first)) {
    const before = merged.at(-1);
    if (before && range.first <= before.last + 1) {
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    } else {
      merged.push(range);
    }
  }
  return merged;
}

/** Removes up to `days` days from the end of `left` that is read first. */
function take(left: DayRange[], days: number, newestFirst: boolean): DayRange[] {
  const taken: DayRange[] = [];
  for (let wanted = days; wanted > 0 && taken.length < MAX_RANGES;) {
    const next = newestFirst ? left.pop() : left.shift();
    if (!next) {
      break;
    }
    const size = next.last - next.first + 1;
    if (size <= wanted) {
      taken.push(next);
    } else if (newestFirst) {
      taken.push({ first: next.last - wanted + 1, last: next.last });
      left.push({ first: next.first, last: next.last - wanted });
    } else {
      taken.push({ first: next.first, last: next.first + wanted - 1 });
      left.unshift({ first: next.first + wanted, last: next.last });
    }
    wanted -= size;
  }
  return taken;
}
