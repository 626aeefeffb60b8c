const SECOND_MS = 1_000;

/** Limits what each key, an address or an IMEI, may do per second. All counts are dropped every second, so a flood from many addresses leaves nothing in memory. */
export class RateLimiter {
  private readonly counts = new Map<string, number>();
  private secondStartedAt = -Infinity;

  /** @param perSecond 0: no limit. */
  constructor(private readonly perSecond: number) {}

  /** Counts one event of this key. Returns false when the key is over its limit. */
  take(key: string, nowMs = performance.now()): boolean {
    if (this.perSecond === 0) {
      return true;
    }
    if (nowMs - this.secondStartedAt >= SECOND_MS) {
      this.secondStartedAt = nowMs;
      this.counts.clear();
    }
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count <= this.perSecond;
  }
}

/** Limits the frames of one device per second. Frames above the rate are delayed, not rejected. */
export class FrameThrottle {
  private secondStartedAt = 0;
  private frames = 0;

  /** @param perSecond 0: no limit. */
  constructor(private readonly perSecond: number) {}

  /** Counts a frame; `cost` counts an expensive one as several. Returns for how many milliseconds it is to be delayed. */
  take(nowMs: number, cost = 1): number {
    if (nowMs - this.secondStartedAt >= SECOND_MS) {
      this.secondStartedAt = nowMs;
      this.frames = 0;
    }
    this.frames += cost;
    if (this.perSecond === 0 || this.frames <= this.perSecond) {
      return 0;
    }
    // The frame is the first of the next second.
    const waitMs = this.secondStartedAt + SECOND_MS - nowMs;
    this.secondStartedAt += SECOND_MS;
    this.frames = cost;
    return waitMs;
  }

  /** Adds to the cost of the last frame, where the cost is known only after the frame was handled. */
  charge(cost: number): void {
    this.frames += cost;
  }
}
