const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** Part of a wait by which it may be shorter or longer. */
const JITTER = 0.2;

/** Milliseconds before each attempt, from `0,5s,30s,2m`. */
export function parseSchedule(text: string): number[] {
  return text.split(',').map((wait) => {
    const [, value, unit] = /^\s*(\d+)(ms|s|m|h)?\s*$/.exec(wait) ?? [];
    return Number(value) * (UNIT_MS[unit ?? 'ms'] as number);
  });
}

/**
 * The wait before the next attempt after so many failed ones, or null when the schedule is over.
 * @param random 0 to 1; deliveries that failed together must not come back together.
 */
export function delayAfter(schedule: readonly number[], failures: number, random: number): number | null {
  const delayMs = schedule[failures];
  return delayMs === undefined ? null : Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
}
