import { dayWindows, inRanges, type DayRange, type DayWindow } from './day-windows.js';
import { DAY_MS } from '../time-units.js';

function windows(ranges: DayRange[], from: number, to: number, newestFirst: boolean): DayWindow[] {
  return [...dayWindows(ranges, from, to, newestFirst)];
}

function daysOf({ ranges }: DayWindow): number[] {
  return ranges
    .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
    .sort((a, b) => a - b);
}

describe.each([true, false])('windows of days, newest first %s', (newestFirst) => {
  const ranges = [
    { first: 100, last: 400 },
    { first: 3, last: 3 },
    { first: 90, last: 101 },
  ];

  it('cover all of the time and every day once, in order', () => {
    const found = windows(ranges, -Infinity, Infinity, newestFirst);
    const inTime = newestFirst ? [...found].reverse() : found;
    expect(inTime[0]?.from).toBe(-Infinity);
    expect(inTime.at(-1)?.to).toBe(Infinity);
    inTime.slice(1).forEach(({ from }, index) => expect(from).toBe(inTime[index]?.to));
    expect(inTime.flatMap(daysOf)).toEqual([3, ...Array.from({ length: 311 }, (_, index) => 90 + index)]);
    found.forEach((window) =>
      daysOf(window).forEach((day) => expect(day * DAY_MS >= window.from && day * DAY_MS < window.to).toBe(true)),
    );
  });

  it('begin with one day and grow, so that there are few', () => {
    const found = windows([{ first: 0, last: 3_999 }], -Infinity, Infinity, newestFirst);
    expect(found[0]?.ranges).toEqual([newestFirst ? { first: 3_999, last: 3_999 } : { first: 0, last: 0 }]);
    expect(found.length).toBeLessThan(22);
    expect(Math.max(...found.map((window) => daysOf(window).length))).toBe(256);
  });

  it('have a limited number of ranges each', () => {
    const sparse = Array.from({ length: 200 }, (_, index) => ({ first: index * 2, last: index * 2 }));
    expect(Math.max(...windows(sparse, -Infinity, Infinity, newestFirst).map((window) => window.ranges.length))).toBe(16);
  });

  it('stay within the time that is asked for', () => {
    expect(windows([{ first: 0, last: 10 }], 4.5 * DAY_MS, 5 * DAY_MS, newestFirst)).toEqual([
      { from: 4.5 * DAY_MS, to: 5 * DAY_MS, ranges: [{ first: 4, last: 4 }] },
    ]);
    expect(windows([], 0, DAY_MS, newestFirst)).toEqual([{ from: 0, to: DAY_MS, ranges: [] }]);
  });
});

it('a condition on days names its bounds as literals', () => {
  expect(inRanges('at', [{ first: 0, last: 1 }])).toBe(
    `((at >= timestamptz '1970-01-01T00:00:00.000Z' and at < timestamptz '1970-01-03T00:00:00.000Z'))`,
  );
  expect(inRanges('at', [])).toBe('false');
});
