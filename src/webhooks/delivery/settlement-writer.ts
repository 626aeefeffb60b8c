import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { type Settlement } from './delivery.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';

const COLLECT_MS = 4;
const RETRY_MS = 500;

/**
 * Writes settlements, many with one statement: those that arrive while one is being written form the next. A failure is logged and tried
 * again. When the lease ends meanwhile, the event is delivered again under the same id.
 */
@Injectable()
export class SettlementWriter {
  private readonly logger = new Logger(SettlementWriter.name);
  private waiting: Settlement[] = [];
  private writing: Promise<void> | null = null;
  private abandoned = false;
  private listener: () => void = () => undefined;

  constructor(
    private readonly repository: DeliveryQueueRepository,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Returns at once. */
  add(owner: string, settlements: readonly Settlement[]): void {
    if (settlements.length === 0) {
      return;
    }
    this.waiting.push(...settlements);
    this.writing ??= this.writeAll(owner).finally(() => (this.writing = null));
  }

  /** Calls back after each write: the events that waited for those of the same device may be due. */
  onSettled(listener: () => void): void {
    this.listener = listener;
  }

  /** Fulfilled when everything has been written. */
  async flushed(): Promise<void> {
    while (this.writing) {
      await this.writing;
    }
  }

  /** Gives up what has not been written. */
  abandon(): void {
    this.abandoned = true;
  }

  private async writeAll(owner: string): Promise<void> {
    await delay(COLLECT_MS);
    while (this.waiting.length > 0) {
      const settlements = this.waiting;
      this.waiting = [];
      await this.write(owner, settlements);
      this.listener();
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
