/** Unix milliseconds with their fractions, to be compared with PostgreSQL's clock on the same machine. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
