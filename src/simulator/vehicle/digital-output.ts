/** A request to change the level of an output. */
export interface LevelRequest {
  readonly level: 0 | 1;
  /** How long the level is held, in seconds. Null: indefinitely. */
  readonly timeoutS: number | null;
  /** The level is held only up to this speed in km/h. Null: at any speed. */
  readonly maxSpeedKmh: number | null;
}

interface Hold {
  readonly revertTo: 0 | 1;
  readonly untilMs: number | null;
  readonly maxSpeedKmh: number | null;
}

/**
 * One output of the device. It is free (its level is permanent), held (its level reverts after a time or above a speed), or has a request
 * that is queued until the vehicle is slow enough. A new request replaces a held or queued one.
 */
export class DigitalOutput {
  private currentLevel: 0 | 1 = 0;
  private hold: Hold | null = null;
  private queued: LevelRequest | null = null;

  get level(): 0 | 1 {
    return this.currentLevel;
  }

  /** Returns the reply of the device, which follows "DOUTn:". */
  request(request: LevelRequest, nowMs: number, speedKmh: number): string {
    this.advance(nowMs, speedKmh);
    this.queued = null;
    if (request.level === this.currentLevel && this.hold === null) {
      return `Already set to ${request.level}`;
    }
    const timeout = request.timeoutS === null ? 'INFINITY' : `${request.timeoutS}s`;
    const text = `${request.level} Timeout:${timeout}`;
    if (request.maxSpeedKmh === null) {
      this.apply(request, nowMs);
      return text;
    }
    const limited = `${text} Speed threshold:${request.maxSpeedKmh}km/h`;
    if (speedKmh <= request.maxSpeedKmh) {
      this.apply(request, nowMs);
      return limited;
    }
    this.endHold();
    this.queued = request;
    return `${limited} Speed is above threshold, queued`;
  }

  /** Reverts an expired level and applies a queued request. To be called before the level is read. */
  advance(nowMs: number, speedKmh: number): void {
    const { hold, queued } = this;
    if (hold !== null && (isReached(hold.untilMs, nowMs) || isExceeded(hold.maxSpeedKmh, speedKmh))) {
      this.endHold();
    }
    if (queued !== null && !isExceeded(queued.maxSpeedKmh, speedKmh)) {
      this.queued = null;
      this.apply(queued, nowMs);
    }
  }

  reset(): void {
    this.currentLevel = 0;
    this.hold = null;
    this.queued = null;
  }

  private apply(request: LevelRequest, nowMs: number): void {
    const revertTo = this.hold?.revertTo ?? this.currentLevel;
    const { timeoutS, maxSpeedKmh } = request;
    const untilMs = timeoutS === null ? null : nowMs + timeoutS * 1000;
    this.hold = untilMs === null && maxSpeedKmh === null ? null : { revertTo, untilMs, maxSpeedKmh };
    this.currentLevel = request.level;
  }

  private endHold(): void {
    if (this.hold !== null) {
      this.currentLevel = this.hold.revertTo;
      this.hold = null;
    }
  }
}

function isReached(limit: number | null, value: number): boolean {
  return limit !== null && value >= limit;
}

function isExceeded(limit: number | null, value: number): boolean {
  return limit !== null && value > limit;
}
