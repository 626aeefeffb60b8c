import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { DeliveryQueueRepository, type Settlement } from './delivery-queue.repository.js';

const COLLECT_MS = 4;
const RETRY_MS = 500;

/**
 * Writes down what became of deliveries, many with one statement: those that end while one is being written form the next. A failure to
 * settle is loud and tried again; the lease runs out meanwhile, and the delivery goes out again under the same id.
 */
@Injectable()
export class SettlementWriter {
  private readonly logger = new Logger(SettlementWriter.name);
  private waiting: Settlement[] = [];
  private writing: Promise<void> | null = null;
  private abandoned = false;
  private onSettled: () => void = () => undefined;

  constructor(
    private readonly repository: DeliveryQueueRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Returns at once. */
  add(owner: string, settlements: readonly Settlement[]): void {
    this.waiting.push(...settlements);
    this.writing ??= this.writeAll(owner).finally(() => (this.writing = null));
  }

  /** Calls back whenever some have become durable: what waited behind them may be due. */
  whenSettled(listener: () => void): void {
    this.onSettled = listener;
  }

  /** Resolves when all is written. */
  async flushed(): Promise<void> {
    while (this.writing) {
      await this.writing;
    }
  }

  /** The database is going away: what is not written by now never will be. */
  abandon(): void {
    this.abandoned = true;
  }

  private async writeAll(owner: string): Promise<void> {
    await delay(COLLECT_MS);
    while (this.waiting.length > 0) {
      const settlements = this.waiting;
      this.waiting = [];
      await this.write(owner, settlements);
      this.onSettled();
    }
  }

  private async write(owner: string, settlements: readonly Settlement[]): Promise<void> {
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
