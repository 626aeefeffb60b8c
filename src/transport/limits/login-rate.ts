import { peerKeyOf } from './ip-address.js';
import { type PlaceInLine } from './place-in-line.js';

const TICK_MS = 50;
const MS = 1_000;

type Settle = (taken: boolean) => void;

/**
 * A bound on logins in a second: each costs the database a row. Who comes too fast waits instead of being sent away, for a fleet that
 * comes back after an outage is no attack. The addresses take turns, so that a flood from one of them makes a line for itself only.
 */
export class LoginRate {
  private readonly lines = new Map<string, Set<Settle>>();
  private allowance: number;
  private countedAt = performance.now();
  private timer: NodeJS.Timeout | null = null;

  /** @param perSecond 0: no bound. */
  constructor(private readonly perSecond: number) {
    this.allowance = perSecond;
  }

  /** Returns null when it is one's turn at once. */
  enter(address: string): PlaceInLine | null {
    if (this.perSecond === 0) {
      return null;
    }
    this.refill();
    if (this.lines.size === 0 && this.allowance >= 1) {
      this.allowance--;
      return null;
    }
    let settle!: Settle;
    const taken = new Promise<boolean>((resolve) => (settle = resolve));
    const peerKey = peerKeyOf(address);
    const line = this.lines.get(peerKey) ?? new Set();
    this.lines.set(peerKey, line.add(settle));
    this.timer ??= setInterval(() => this.letIn(), TICK_MS);
    return { taken, giveUp: () => this.leave(peerKey, settle) };
  }

  private refill(): void {
    const now = performance.now();
    this.allowance = Math.min(this.perSecond, this.allowance + ((now - this.countedAt) * this.perSecond) / MS);
    this.countedAt = now;
  }

  private letIn(): void {
    this.refill();
    while (this.allowance >= 1 && this.lines.size > 0) {
      const [[peerKey, line]] = this.lines as Iterable<[string, Set<Settle>]> as [[string, Set<Settle>]];
      this.letInFirst(peerKey, line);
    }
    this.stopWhenEmpty();
  }

  /** The first of this address; then the address stands behind the others. */
  private letInFirst(peerKey: string, line: Set<Settle>): void {
    const [first] = line as Iterable<Settle> as [Settle];
    line.delete(first);
    this.lines.delete(peerKey);
    if (line.size > 0) {
      this.lines.set(peerKey, line);
    }
    this.allowance--;
    first(true);
  }

  private leave(peerKey: string, settle: Settle): void {
    const line = this.lines.get(peerKey);
    if (!line?.delete(settle)) {
      return;
    }
    if (line.size === 0) {
      this.lines.delete(peerKey);
    }
    settle(false);
    this.stopWhenEmpty();
  }

  private stopWhenEmpty(): void {
    if (this.lines.size === 0 && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }
}
