import { HOUR_MS } from '../../platform/time-units.js';

const MAX_ENTRIES = 10_000;

/**
 * Which key was accepted from which network within the last hour. Such a key stays usable while its network is blocked: a stranger behind
 * the same address can not lock a host out. Only digests are held, and at most MAX_ENTRIES; the one unused for longest is dropped.
 */
export class AcceptedKeys {
  /** In the order of their last use. */
  private readonly acceptedAt = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(entry: string): void {
    this.acceptedAt.delete(entry);
    this.acceptedAt.set(entry, this.now());
    const [oldest] = this.acceptedAt.keys();
    if (oldest !== undefined && this.acceptedAt.size > MAX_ENTRIES) {
      this.acceptedAt.delete(oldest);
    }
  }

  has(entry: string): boolean {
    const at = this.acceptedAt.get(entry);
    if (at !== undefined && at <= this.now() - HOUR_MS) {
      this.acceptedAt.delete(entry);
      return false;
    }
    return at !== undefined;
  }

  delete(entry: string): void {
    this.acceptedAt.delete(entry);
  }
}
