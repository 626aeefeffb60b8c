const SECOND_MS = 1_000;

/** A bound on the frames of one device in a second: who sends more is slowed down, and loses nothing. */
export class FramePace {
  private secondBeganAt = 0;
  private frames = 0;

  /** @param perSecond 0: no bound. */
  constructor(private readonly perSecond: number) {}

  /** Counts a frame, one that costs more as several. Returns the milliseconds it has to wait: 0 as long as there were not too many. */
  take(nowMs: number, cost = 1): number {
    if (nowMs - this.secondBeganAt >= SECOND_MS) {
      this.secondBeganAt = nowMs;
      this.frames = 0;
    }
    this.frames += cost;
    if (this.perSecond === 0 || this.frames <= this.perSecond) {
      return 0;
    }
    // It opens the next second.
    const waitMs = this.secondBeganAt + SECOND_MS - nowMs;
    this.secondBeganAt += SECOND_MS;
    this.frames = cost;
    return waitMs;
  }

  /** The frame before cost more than was known when it was counted: the next one waits for it. */
  charge(cost: number): void {
    this.frames += cost;
  }
}
