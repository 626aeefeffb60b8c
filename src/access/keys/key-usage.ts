import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { KeysRepository } from './keys.repository.js';

const WRITE_EVERY_MS = 30_000;

/** When each key was last used: collected in memory and written twice a minute, because a write per request would lock a row per request. */
@Injectable()
export class KeyUsage implements BeforeApplicationShutdown {
  private readonly usedAt = new Map<string, number>();

  constructor(private readonly repository: KeysRepository) {}

  note(keyId: string): void {
    this.usedAt.set(keyId, performance.now());
  }

  @Periodic({ everyMs: WRITE_EVERY_MS, failure: 'Times of last use of keys could not be written' })
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
      throw error;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    // What is lost here are times of the last 30 s: no reason to fail the shutdown.
    await this.write().catch(() => undefined);
  }
}
