import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { type Settlement } from './delivery.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';

const COLLECT_MS = 4;
const RETRY_MS = 500;

interface OwnedSettlement {
  readonly owner: string;
  readonly settlement: Settlement;
}

/**
 * Writes settlements in batches: those that arrive while a batch is being written form the next one. A failure is logged and tried again. When
 * the lease ends meanwhile, the event is delivered again under the same id.
 */
@Injectable()
export class SettlementWriter {
  private readonly logger = new Logger(SettlementWriter.name);
  private readonly batches = new GroupCommit<OwnedSettlement, void>({
    run: (batch) => this.write(batch),
    maxItems: Infinity,
    gather: () => delay(COLLECT_MS),
  });
  private abandoned = false;
  private listener: () => void = () => undefined;

  constructor(
    private readonly repository: DeliveryQueueRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Returns at once. */
  add(owner: string, settlements: readonly Settlement[]): void {
    // A batch never fails: it is tried again until it is written or given up.
    settlements.forEach((settlement) => void this.batches.add({ owner, settlement }));
  }

  /** Calls back after each write: the events that waited for those of the same device may be due. */
  onSettled(listener: () => void): void {
    this.listener = listener;
  }

  /** Fulfilled when everything has been written or given up. */
  flushed(): Promise<void> {
    return this.batches.drained();
  }

  /** Gives up what has not been written. */
  abandon(): void {
    this.abandoned = true;
  }

  /** All settlements have one owner: the lease of this instance. */
  private async write(batch: readonly OwnedSettlement[]): Promise<void[]> {
    const settlements = batch.map(({ settlement }) => settlement);
    await this.settle(batch[0]!.owner, settlements);
    this.listener();
    return batch.map(() => undefined);
  }

  private async settle(owner: string, settlements: readonly Settlement[]): Promise<void> {
    while (!this.abandoned) {
      try {
        await this.repository.settle(owner, settlements);
        return;
      } catch (error) {
        const what = `${settlements.length} deliveries could not be settled, next try in ${RETRY_MS} ms`;
        this.database.logFailure(this.logger, what, error);
        await delay(RETRY_MS);
      }
    }
  }
}
