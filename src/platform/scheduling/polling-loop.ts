import { setTimeout as delay } from 'node:timers/promises';

export interface PollingTimes {
  /** Between two rounds when nothing wakes the loop. */
  readonly everyMs: number;
  /** Between the starts of two rounds, at least. */
  readonly spacingMs: number;
}

/** Runs a round of work when it is woken, and now and then without that. Rounds never overlap. */
export class PollingLoop {
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;
  private isWoken = false;
  private endSleep: (() => void) | null = null;

  /** @param work must not reject. True: there is more to do at once. */
  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly times: PollingTimes,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Starts a round soon. During a round it counts for the next one. */
  wake(): void {
    this.isWoken = true;
    this.endSleep?.();
  }

  /** Fulfilled when the round that is running has ended; no further one begins. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const startedAt = performance.now();
      const hasMore = await this.work();
      if (!hasMore) {
        await this.sleep();
      }
      const restMs = this.times.spacingMs - (performance.now() - startedAt);
      if (restMs > 0) {
        await delay(restMs);
      }
    }
  }

  private async sleep(): Promise<void> {
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.times.everyMs);
        this.endSleep = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.endSleep = null;
    this.isWoken = false;
  }
}
