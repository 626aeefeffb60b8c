export interface GroupCommitOptions<Item, Result> {
  /** Handles a batch in one transaction. Its results have the order of the items. A rejection fails the whole batch. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxItems: number;
  /** Batches that run at the same time. Default 1. */
  readonly concurrency?: number;
  /**
   * Delays the start of a batch when capacity is free, so that items that arrive together share it: `nextTurn` of `node:timers/promises`
   * for those of one turn of the event loop. Without it a batch starts at once.
   */
  readonly gather?: () => Promise<unknown>;
  /** Of the waiting items with one key only the newest stays, in the place of the first. The others resolve with `replaced` at once. */
  readonly newest?: { readonly keyOf: (item: Item) => string; readonly replaced: Result };
  /** Whether an error is the fault of one item: the items of a failed batch are then run again one by one, in their order. */
  readonly isFaultOfOneItem?: (error: unknown) => boolean;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: items that arrive while a batch is running form the next batch, so that many of them share one transaction and one fsync. The
 * more arrives, the larger the batches are. A lone item does not wait for others.
 *
 * Items are taken in the order in which they were added. With a concurrency of 1, a batch begins after the one before it has ended.
 */
export class GroupCommit<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  /** Waiting items by their key, with the option `newest`. */
  private readonly waitingByKey = new Map<string, Waiting<Item, Result>>();
  private running = 0;
  private gathering = false;
  private drainListeners: (() => void)[] = [];

  constructor(private readonly options: GroupCommitOptions<Item, Result>) {}

  /** Resolves with the result of the item when its batch has ended. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.enqueue({ item, resolve, reject });
      this.start();
    });
  }

  /** Resolves when nothing waits and nothing runs, items added meanwhile included. For a stop: whatever adds items must have stopped before. */
  async drained(): Promise<void> {
    while (this.waiting.length > 0 || this.running > 0) {
      await new Promise<void>((resolve) => this.drainListeners.push(resolve));
    }
  }

  private enqueue(waiting: Waiting<Item, Result>): void {
    const { newest } = this.options;
    if (newest !== undefined) {
      const key = newest.keyOf(waiting.item);
      const older = this.waitingByKey.get(key);
      if (older) {
        older.resolve(newest.replaced);
        Object.assign(older, waiting);
        return;
      }
      this.waitingByKey.set(key, waiting);
    }
    this.waiting.push(waiting);
  }

  private start(): void {
    if (this.gathering || !this.hasCapacity) {
      return;
    }
    const { gather } = this.options;
    if (gather === undefined) {
      this.startBatches();
      return;
    }
    this.gathering = true;
    const startGathered = (): void => {
      this.gathering = false;
      this.startBatches();
    };
    gather().then(startGathered, startGathered);
  }

  private get hasCapacity(): boolean {
    return this.running < (this.options.concurrency ?? 1);
  }

  private startBatches(): void {
    while (this.waiting.length > 0 && this.hasCapacity) {
      void this.runBatch(this.dequeue());
    }
  }

  private dequeue(): Waiting<Item, Result>[] {
    const { maxItems, newest } = this.options;
    const batch = this.waiting.splice(0, maxItems);
    if (newest !== undefined) {
      batch.forEach(({ item }) => this.waitingByKey.delete(newest.keyOf(item)));
    }
    return batch;
  }

  private async runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.running++;
    await this.settle(batch);
    this.running--;
    if (this.waiting.length > 0 && !this.gathering) {
      this.startBatches();
    }
    if (this.waiting.length === 0 && this.running === 0) {
      this.drainListeners.forEach((listener) => listener());
      this.drainListeners = [];
    }
  }

  /** Never rejects: each item receives its result or the error. */
  private async settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.options.run(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error(`A batch of ${batch.length} items has ${results.length} results`);
      }
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (batch.length > 1 && this.options.isFaultOfOneItem?.(error) === true) {
        for (const waiting of batch) {
          await this.settle([waiting]);
        }
        return;
      }
      batch.forEach(({ reject }) => reject(error));
    }
  }
}
