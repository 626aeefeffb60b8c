import { HOUR_MS, SECOND_MS } from '../../platform/time-units.js';

const MAX_NETWORKS = 10_000;

interface Window {
  readonly startedAt: number;
  failed: number;
  /** Keys that are being looked up: they count as failed until they are found. */
  pending: number;
}

export interface AuthFailureLimits {
  /** Failed authentications of one network within a window. 0: no limit. */
  readonly max: number;
  readonly windowSeconds: number;
}

/**
 * Failed authentications per network, in fixed windows. A look-up takes its place before it begins, so that guesses that arrive together
 * can not all pass while none of them has failed yet. Memory is bounded: beyond MAX_NETWORKS the oldest window is dropped.
 */
export class AuthFailures {
  /** In the order in which their windows began. */
  private readonly windows = new Map<string, Window>();
  private readonly windowMs: number;

  constructor(
    private readonly limits: AuthFailureLimits,
    private readonly onBlocked: (network: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.windowMs = limits.windowSeconds * SECOND_MS;
  }

  /** Whether one more key may be looked up for this network. Every true is followed by one `succeeded`, `failed` or `abandoned`. */
  begin(network: string): boolean {
    const window = this.windowOf(network);
    if (this.limits.max > 0 && window.failed + window.pending >= this.limits.max) {
      return false;
    }
    window.pending++;
    return true;
  }

  isBlocked(network: string): boolean {
    return this.limits.max > 0 && (this.current(network)?.failed ?? 0) >= this.limits.max;
  }

  /** The key was found, or could not be looked up. */
  giveBack(network: string): void {
    const window = this.windowOf(network);
    window.pending = Math.max(0, window.pending - 1);
    if (window.pending === 0 && window.failed === 0) {
      this.windows.delete(network);
    }
  }

  failed(network: string): void {
    const window = this.windowOf(network);
    window.pending = Math.max(0, window.pending - 1);
    this.count(network, window);
  }

  /** A failure that took no place before. */
  note(network: string): void {
    this.count(network, this.windowOf(network));
  }

  /** Until the window of a network ends. */
  retryAfterSeconds(network: string): number {
    const window = this.current(network);
    return window ? Math.max(1, Math.ceil((window.startedAt + this.windowMs - this.now()) / SECOND_MS)) : 1;
  }

  private count(network: string, window: Window): void {
    window.failed++;
    if (window.failed === this.limits.max) {
      this.onBlocked(network);
    }
  }

  private current(network: string): Window | undefined {
    const window = this.windows.get(network);
    return window && window.startedAt > this.now() - this.windowMs ? window : undefined;
  }

  private windowOf(network: string): Window {
    this.dropEnded();
    const known = this.windows.get(network);
    if (known) {
      return known;
    }
    const [oldest] = this.windows.keys();
    if (oldest !== undefined && this.windows.size >= MAX_NETWORKS) {
      this.windows.delete(oldest);
    }
    const window = { startedAt: this.now(), failed: 0, pending: 0 };
    this.windows.set(network, window);
    return window;
  }

  private dropEnded(): void {
    const before = this.now() - this.windowMs;
    for (const [network, { startedAt }] of this.windows) {
      if (startedAt > before) {
        return;
      }
      this.windows.delete(network);
    }
  }
}

/** Bounds what is written about blocked networks: each network once an hour, and `maxPerHour` in total. */
export class HourlyReports {
  private readonly reported = new Set<string>();
  private hourBeganAt = -Infinity;

  constructor(
    private readonly maxPerHour: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  admit(network: string): boolean {
    if (this.now() - this.hourBeganAt >= HOUR_MS) {
      this.hourBeganAt = this.now();
      this.reported.clear();
    }
    if (this.reported.has(network) || this.reported.size >= this.maxPerHour) {
      return false;
    }
    this.reported.add(network);
    return true;
  }
}
