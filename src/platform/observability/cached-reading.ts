import { setTimeout as delay } from 'node:timers/promises';

export interface CachedReadingOptions {
  /** Younger than that, the last answer is given again: several scrapers cost no more than one. */
  readonly maxAgeMs: number;
  /** Who waits longer is told that nothing is known: a database that hangs must not hang the scrape. */
  readonly patienceMs: number;
}

const DEFAULTS: CachedReadingOptions = { maxAgeMs: 5_000, patienceMs: 2_000 };

/** Something that costs a query, asked at most once at a time and remembered for a moment. */
export class CachedReading<T> {
  private value: T | null = null;
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly options: CachedReadingOptions = DEFAULTS,
  ) {}

  /** Null when it could not be read, or not in time. Never rejects. */
  async get(): Promise<T | null> {
    if (performance.now() - this.readAt < this.options.maxAgeMs) {
      return this.value;
    }
    this.reading ??= this.read().finally(() => (this.reading = null));
    const waited = new AbortController();
    const isThere = await Promise.race([
      this.reading.then(() => true),
      delay(this.options.patienceMs, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    return isThere ? this.value : null;
  }

  private async read(): Promise<void> {
    try {
      this.value = await this.load();
    } catch {
      // Not known, then: the alert on `iot_broker_database_up` says why.
      this.value = null;
    }
    this.readAt = performance.now();
  }
}
