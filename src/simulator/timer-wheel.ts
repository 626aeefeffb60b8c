/** Milliseconds of a monotonic clock. */
export type Clock = () => number;

const SLOT_MS = 5;
const SLOTS = 1024;

/**
 * All alarms of a fleet on one timer. The cost of setting and cancelling does not depend on the number of alarms. An alarm is at most one
 * slot (5 ms) late. The timer runs only while an alarm is set, so an idle wheel does not keep the process alive.
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

  /** Creates a reusable alarm, which is not set. */
  createAlarm(onDue: () => void): Alarm {
    return new Alarm(this, onDue);
  }

  /** Fires the due alarms. Called by the timer of the wheel, and by tests with a clock of their own. */
  advance(): void {
    const now = this.tickAt(this.clock());
    const first = Math.max(this.tick + 1, now - SLOTS + 1);
    for (let tick = first; tick <= now; tick++) {
      this.tick = tick;
      this.fireSlot(tick, now);
    }
  }

  /** For Alarm only. Returns the tick at which the alarm fires. */
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

  /** An alarm that is set again while its slot fires is in the same set only if it is due a whole turn later. */
  private fireSlot(tick: number, now: number): void {
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

/** Calls a function later, at most once per set(). */
export class Alarm {
  /** When the alarm fires. Null when it is not set. */
  dueTick: number | null = null;

  constructor(
    private readonly wheel: TimerWheel,
    private readonly onDue: () => void,
  ) {}

  get isSet(): boolean {
    return this.dueTick !== null;
  }

  /** Replaces an earlier set() that has not fired. */
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
    this.onDue();
  }
}
