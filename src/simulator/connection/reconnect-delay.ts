/** How long a TFT100 waits between attempts to connect, in minutes ("Limit connection errors", on by default); the last one repeats. */
const DELAYS_MINUTES = [0, 1, 1, 2, 2, 4, 6, 8, 10] as const;

/**
 * @param failures attempts in a row that came to nothing; 0 right after a connection that worked.
 * @param minuteMs how long one of the device's minutes lasts here: 60,000 for the real thing.
 */
export function reconnectDelayMs(failures: number, minuteMs: number): number {
  const last = DELAYS_MINUTES.length - 1;
  return DELAYS_MINUTES[Math.min(failures, last)]! * minuteMs;
}
