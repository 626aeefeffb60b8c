const SECOND_MS = 1_000;

/** A bound on what each address, or each device, may do in a second. Forgets all of them every second, so a flood from many addresses leaves nothing behind. */
export class AddressRate {
  private readonly counts = new Map<string, number>();
  private secondBeganAt = -Infinity;

  /** @param perSecond 0: no bound. */
  constructor(private readonly perSecond: number) {}

  /** Counts one more. False: there were as many as allowed in this second. */
  take(address: string, nowMs = performance.now()): boolean {
    if (this.perSecond === 0) {
      return true;
    }
    if (nowMs - this.secondBeganAt >= SECOND_MS) {
      this.secondBeganAt = nowMs;
      this.counts.clear();
    }
    const count = (this.counts.get(address) ?? 0) + 1;
    this.counts.set(address, count);
    return count <= this.perSecond;
  }
}
