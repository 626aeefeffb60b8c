/** Milliseconds of a clock that never goes back. */
export type Clock = () => number;

const SLOT_MS = 5;
const SLOTS = 1024;

/**
 * All the alarms of a fleet on one timer. Setting and cancelling cost the same with ten alarms as with a hundred thousand;
 * an alarm is at most one slot (5 ms) late. The timer runs only while an alarm is set, so an idle wheel keeps no process alive.
 */
export class TimerWheel {
  private readonly slots: Set<Alarm>[] = Array.from({ length: SLOTS }, () => new Set<Alarm>());
  private readonly startedAt: number;
  private tick = 0;
  private alarms = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly clock: Clock = () => performance.now()) {
    this.startedAt = clock();
  }

  /** An alarm for reuse; it is not set yet. */
  createAlarm(ring: () => void): Alarm {
    return new Alarm(this, ring);
  }

  /** Rings what is due. The wheel's own timer calls this; a test with a clock of its own may too. */
  advance(): void {
    const now = this.tickAt(this.clock());
    const first = Math.max(this.tick + 1, now - SLOTS + 1);
    for (let tick = first; tick <= now; tick++) {
      this.tick = tick;
      this.ringSlot(tick, now);
    }
  }

  /** For Alarm only. Returns the tick at which it will ring. */
  add(alarm: Alarm, delayMs: number): number {
    if (this.alarms === 0) {
      this.tick = this.tickAt(this.clock());
      this.timer = setInterval(() => this.advance(), SLOT_MS);
    }
    this.alarms++;
    const dueTick = Math.max(this.tick + 1, Math.ceil((this.clock() - this.startedAt + delayMs) / SLOT_MS));
    this.slotOf(dueTick).add(alarm);
    return dueTick;
  }

  /** For Alarm only. */
  remove(alarm: Alarm, dueTick: number): void {
    this.slotOf(dueTick).delete(alarm);
    this.alarms--;
    if (this.alarms === 0 && this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  /** An alarm that is set again while its slot rings stands in the same set only when it is due a whole turn later. */
  private ringSlot(tick: number, now: number): void {
    for (const alarm of this.slotOf(tick)) {
      if (alarm.dueTick !== null && alarm.dueTick <= now) {
        alarm.fire();
      }
    }
  }

  private slotOf(tick: number): Set<Alarm> {
    return this.slots[tick % SLOTS]!;
  }

  private tickAt(time: number): number {
    return Math.floor((time - this.startedAt) / SLOT_MS);
  }
}

/** One thing to be done later, at most once per set(). */
export class Alarm {
  /** When it rings; null when it is not set. */
  dueTick: number | null = null;

  constructor(
    private readonly wheel: TimerWheel,
    private readonly ring: () => void,
  ) {}

  get isSet(): boolean {
    return this.dueTick !== null;
  }

  /** Sets it anew: an earlier set() that has not rung is forgotten. */
  set(delayMs: number): void {
    this.cancel();
    this.dueTick = this.wheel.add(this, delayMs);
  }

  cancel(): void {
    if (this.dueTick !== null) {
      this.wheel.remove(this, this.dueTick);
      this.dueTick = null;
    }
  }

  /** For TimerWheel only. */
  fire(): void {
    this.cancel();
    this.ring();
  }
}
