import { SECOND_MS } from '../../platform/time-units.js';
import { type NewestState } from '../../telemetry/latest/newest-records.js';
import { newerState, type VehicleState } from '../../telemetry/latest/vehicle-state.js';
import { evaluateGuard, type Guard, type GuardResult } from './guard.js';

/** What this instance has stored of a device since it is held. */
export interface HeldDevice {
  readonly newest: () => VehicleState | null;
  readonly release: () => void;
}

/**
 * What was read is used for this long. Records that this instance stores later are known; another instance can store one too, when the device has just
 * changed its connection or also sends by UDP.
 */
const MAX_READ_AGE_MS = 2 * SECOND_MS;

/** What the guards of a device are compared with: its newest record as it was read, and every record that this instance has stored since then. */
export class GuardBasis {
  private users = 1;

  /** @param held since before the read. */
  constructor(
    private readonly read: NewestState,
    private readonly held: HeldDevice,
  ) {}

  get isFresh(): boolean {
    return performance.now() - this.read.readAtMs < MAX_READ_AGE_MS;
  }

  evaluate(guard: Guard): GuardResult {
    return evaluateNow(guard, { ...this.read, state: newerState(this.read.state, this.held.newest()) });
  }

  /** For one more user, who releases it too. */
  share(): this {
    this.users++;
    return this;
  }

  release(): void {
    this.users--;
    if (this.users === 0) {
      this.held.release();
    }
  }
}

export function evaluateNow(guard: Guard, { state, nowMs, readAtMs }: NewestState): GuardResult {
  // Never before the present, so that no age is too small: the database received the statement after `readAtMs`.
  return evaluateGuard(guard, state, nowMs + performance.now() - readAtMs);
}
