import { SECOND_MS } from '../../platform/time-units.js';

const FIRST_MS = 500;
const MAX_MS = 15 * SECOND_MS;

/** How long an engine that fails is left alone: twice as long after each failure in a row, up to 15 s, with up to a quarter less by chance. */
export class RetryDelay {
  private failures = 0;
  private nextAt = -Infinity;

  /** Failures in a row. */
  get count(): number {
    return this.failures;
  }

  isOver(now: number): boolean {
    return now >= this.nextAt;
  }

  /** Returns the delay, in milliseconds. */
  failed(now: number): number {
    const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(this.failures, 10)) * (1 - Math.random() / 4);
    this.failures++;
    this.nextAt = now + delayMs;
    return delayMs;
  }

  /** Returns the failures in a row that have ended. */
  succeeded(): number {
    const { failures } = this;
    this.failures = 0;
    this.nextAt = -Infinity;
    return failures;
  }
}
