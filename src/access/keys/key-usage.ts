import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { isDatabaseAway } from '../../platform/database/database-errors.js';
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
    const written = [...this.usedAt];
    this.usedAt.clear();
    try {
      await this.repository.noteUse(written.map(([keyId, at]) => ({ keyId, agoMs: now - at })));
    } catch (error) {
      written.forEach(([keyId, at]) => this.usedAt.set(keyId, Math.max(at, this.usedAt.get(keyId) ?? at)));
      // An outage is logged where it is noticed; this also runs in the command line tool, which has no part in that.
      if (!isDatabaseAway(error)) {
        this.logger.warn(`When keys were last used could not be written, next try in 30 s: ${String(error)}`);
      }
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.write();
  }
}
