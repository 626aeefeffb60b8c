/** At least this time lies between two urgent rounds: what arrives meanwhile shares the next one. */
const SHORTEST_GAP_MS = 20;
/** The gap is this number of times as long as the round before it. */
const GAP_PER_ROUND = 9;

/**
 * When the next urgent round may begin. A round that ends at once is followed by the next one within 20 ms, so an alarm under normal load is not held
 * back. When many devices send urgent records all the time, rounds take longer and the gaps grow with them: urgent rounds take a tenth of the time
 * at most. What waits for one is taken by the next round of the interval too.
 */
export class UrgentPace {
  /** `performance.now()` from which on a round may begin. */
  nextAt = 0;

  /**
   * @param endedAt `performance.now()` at the end of the round.
   * @param tookMs how long it worked, without the wait for the lock of another round.
   */
  ended(endedAt: number, tookMs: number): void {
    this.nextAt = endedAt + Math.max(SHORTEST_GAP_MS, GAP_PER_ROUND * tookMs);
  }
}
