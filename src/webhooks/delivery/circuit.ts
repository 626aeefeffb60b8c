/** Without a connection, no event can be the cause of the failure: this many in a row open the circuit. */
const UNREACHABLE_IN_A_ROW = 3;
/** With an answer of 5xx, or none after sending, the event may be the cause: this many in a row, of several devices, open the circuit. */
const FAILURES_IN_A_ROW = 5;
const MIN_DEVICES = 3;
const FIRST_PROBE_MS = 1_000;
const MAX_PROBE_MS = 30_000;

export type CircuitState = 'closed' | 'open' | 'half-open';

/**
 * Circuit breaker: keeps load away from a host that is down. *closed*: everything is sent. *open*: nothing is sent until a probe is due.
 * *half-open*: one probe is in flight. A probe that fails opens the circuit again, for twice as long; any answer below 500 closes it.
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

  /** How long a delivery that has met an open circuit waits, in milliseconds. */
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

  /** The host has answered. Returns whether there had been failures since its last answer. */
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

  /** An attempt failed in a way that may mean an outage. Requests that were in flight when the circuit opened change nothing. */
  failed(imei: string, isUnreachable: boolean, isProbe: boolean, nowMs: number): void {
    if (this.current !== 'closed') {
      if (isProbe) {
        this.spacingMs = Math.min(this.spacingMs * 2, MAX_PROBE_MS);
        this.open(nowMs);
      }
      return;
    }
    this.failuresInARow++;
    this.unreachableInARow = isUnreachable ? this.unreachableInARow + 1 : 0;
    this.devices.add(imei);
    const several = this.failuresInARow >= FAILURES_IN_A_ROW && this.devices.size >= MIN_DEVICES;
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
