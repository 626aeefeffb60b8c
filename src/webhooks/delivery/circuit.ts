/** Failures in a row after which the host counts as down: without a connection no event can be to blame for it ... */
const UNREACHABLE_IN_A_ROW = 3;
/** ... with an answer (5xx), or none after sending, it can: so only failures of several devices do. */
const FAILURES_IN_A_ROW = 5;
const DIFFERENT_DEVICES = 3;
const FIRST_PROBE_MS = 1_000;
const LONGEST_PROBE_MS = 30_000;

export type CircuitState = 'closed' | 'open' | 'half-open';

/**
 * Keeps a storm away from a host that is down. *closed*: everything goes out. *open*: nothing does, until it is time for a probe. *half-open*:
 * one probe is on its way. A probe that fails opens it again, for twice as long; anything the host answers on its own behalf closes it.
 */
export class Circuit {
  private current: CircuitState = 'closed';
  private failuresInARow = 0;
  private unreachableInARow = 0;
  private readonly devices = new Set<string>();
  private spacingMs = FIRST_PROBE_MS;
  private openSinceMs: number | null = null;
  private probeAtMs = 0;

  get state(): CircuitState {
    return this.current;
  }

  /** Unix milliseconds, null while it is closed. */
  get openSince(): number | null {
    return this.openSinceMs;
  }

  /** How long a delivery that met the open circuit should wait, in milliseconds. */
  get waitMs(): number {
    return this.spacingMs;
  }

  /** How much may be claimed now. */
  allows(nowMs: number): 'everything' | 'probe' | 'nothing' {
    if (this.current === 'closed') {
      return 'everything';
    }
    return this.current === 'open' && nowMs >= this.probeAtMs ? 'probe' : 'nothing';
  }

  probeStarted(): void {
    this.current = 'half-open';
  }

  /** The host is there. Returns whether it seemed not to be. */
  answered(): boolean {
    const recovered = this.failuresInARow > 0 || this.current !== 'closed';
    this.current = 'closed';
    this.failuresInARow = 0;
    this.unreachableInARow = 0;
    this.devices.clear();
    this.spacingMs = FIRST_PROBE_MS;
    this.openSinceMs = null;
    return recovered;
  }

  /** An attempt that may mean an outage. What was on its way when the circuit opened says nothing new. */
  failed(imei: string, isUnreachable: boolean, isProbe: boolean, nowMs: number): void {
    if (this.current !== 'closed') {
      if (isProbe) {
        this.spacingMs = Math.min(this.spacingMs * 2, LONGEST_PROBE_MS);
        this.open(nowMs);
      }
      return;
    }
    this.failuresInARow++;
    this.unreachableInARow = isUnreachable ? this.unreachableInARow + 1 : 0;
    this.devices.add(imei);
    const several = this.failuresInARow >= FAILURES_IN_A_ROW && this.devices.size >= DIFFERENT_DEVICES;
    if (several || this.unreachableInARow >= UNREACHABLE_IN_A_ROW) {
      this.openSinceMs = nowMs;
      this.open(nowMs);
    }
  }

  private open(nowMs: number): void {
    this.current = 'open';
    this.probeAtMs = nowMs + this.spacingMs;
  }
}
