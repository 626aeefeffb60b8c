const SECOND_MS = 1_000;

/** A bound on the frames of one device in a second: who sends more is slowed down, and loses nothing. */
export class FramePace {
  private secondBeganAt = 0;
  private frames = 0;

  /** @param perSecond 0: no bound. */
  constructor(private readonly perSecond: number) {}

  /** Counts a frame. Returns the milliseconds it has to wait: 0 as long as there were not too many. */
  take(nowMs: number): number {
    if (nowMs - this.secondBeganAt >= SECOND_MS) {
      this.secondBeganAt = nowMs;
      this.frames = 0;
    }
    this.frames++;
    if (this.perSecond === 0 || this.frames <= this.perSecond) {
      return 0;
    }
    // It opens the next second.
    const waitMs = this.secondBeganAt + SECOND_MS - nowMs;
    this.secondBeganAt += SECOND_MS;
    this.frames = 1;
    return waitMs;
  }
}
