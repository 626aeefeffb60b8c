const LONGEST_MS = 3_600_000;

/** Milliseconds from a Retry-After header in seconds or as an HTTP date, an hour at most; null when it says nothing. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_MS);
}
