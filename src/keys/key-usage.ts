import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { KeysRepository } from './keys.repository.js';

/** When each key was last used: kept in memory, written twice a minute and at the end. A write with each request would be a row lock with each. */
@Injectable()
export class KeyUsage implements BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyUsage.name);
  private readonly usedAt = new Map<string, number>();

  constructor(private readonly repository: KeysRepository) {}

  note(keyId: string): void {
    this.usedAt.set(keyId, performance.now());
  }

  @Cron(CronExpression.EVERY_30_SECONDS, { waitForCompletion: true })
  async write(): Promise<void> {
    if (this.usedAt.size === 0) {
      return;
    }
    const now = performance.now();
    const uses = [...this.usedAt].map(([keyId, at]) => ({ keyId, agoMs: now - at }));
    this.usedAt.clear();
    try {
      await this.repository.noteUse(uses);
    } catch (error) {
      this.logger.warn(`When keys were last used could not be written: ${String(error)}`);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.write();
  }
}
