import { Logger } from '@nestjs/common';
import { SECOND_MS } from '../../platform/time-units.js';

/** Logs once that a change of partitions has to wait and which transaction it waits for; remembers since when, for the metric. */
export class PartitionBlockade {
  private readonly logger = new Logger(PartitionBlockade.name);
  private since: number | null = null;

  /** @param consequence of the blockade, for the log line. */
  constructor(private readonly consequence: string) {}

  /** How long it has been blocked; 0 when it is not. */
  get seconds(): number {
    return this.since === null ? 0 : (performance.now() - this.since) / SECOND_MS;
  }

  report(change: string, holder: string): void {
    if (this.since === null) {
      this.since = performance.now();
      this.logger.warn(`Cannot ${change}: the table is held by ${holder}. ${this.consequence}`);
    }
  }

  clear(): void {
    if (this.since !== null) {
      this.logger.log(`Partitions can be changed again after ${Math.round(this.seconds)} s`);
      this.since = null;
    }
  }
}
