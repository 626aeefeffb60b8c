import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { isWorthRetrying, retryWhileUnavailable } from '../../platform/database/database-errors.js';
import { CommandDispatcher } from '../dispatch/command-dispatcher.js';
import { type DeviceReply, KeptReplies } from '../in-flight/kept-replies.js';
import { ReplyStore } from './reply-store.js';

/** How long a stop waits for the last try to store what is kept. */
const LAST_TRY_MS = 5_000;

/**
 * What a device sends: the answer to a command, or a message of its own. A reply is a fact with an identity (connection, attempt): while the
 * database is unavailable it is kept, also when its connection closes, and nothing is written to the device before it is stored.
 */
@Injectable()
export class CommandReplies implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(CommandReplies.name);
  private readonly stopping = new AbortController();
  /** Devices whose kept replies are being stored. */
  private readonly storing = new Set<Promise<void>>();

  constructor(
    private readonly replies: ReplyStore,
    private readonly kept: KeptReplies,
    private readonly dispatcher: CommandDispatcher,
  ) {}

  /** Resolves when the reply is stored, or kept: a device is never acknowledged for a message, so it will not send it twice. */
  async take(reply: DeviceReply): Promise<void> {
    if (!this.kept.has(reply.imei)) {
      try {
        const { othersWait } = await this.replies.store(reply);
        if (othersWait) {
          this.dispatcher.wake(reply.imei);
        }
        return;
      } catch (error) {
        if (!isWorthRetrying(error)) {
          throw error;
        }
      }
    }
    if (await this.kept.add(reply)) {
      const storing = this.storeKept(reply.imei);
      this.storing.add(storing);
      void storing.finally(() => this.storing.delete(storing));
    }
  }

  /** One last try for what is kept, as long as there is a pool. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('The gateway is stopping'));
    const timeUp = new AbortController();
    await Promise.race([
      Promise.all(this.storing).finally(() => timeUp.abort()),
      delay(LAST_TRY_MS, undefined, { signal: timeUp.signal }).catch(() => undefined),
    ]);
  }

  onApplicationShutdown(): void {
    if (this.kept.count > 0) {
      this.logger.error(
        `${this.kept.count} messages of ${this.kept.devices.length} devices could not be stored before the stop, the database is unavailable: ` +
          'the commands they answer count as written and unanswered',
      );
    }
  }

  private async storeKept(imei: string): Promise<void> {
    // The outage itself is logged once, where it is noticed; `iot_broker_replies_kept` counts these.
    this.logger.debug(`${imei}: its messages are kept until the database is back`, { imei });
    for (let reply = this.kept.first(imei); reply; reply = this.kept.first(imei)) {
      try {
        await this.storeWhenBack(reply);
      } catch (error) {
        if (this.stopping.signal.aborted) {
          return;
        }
        this.logger.error(`${imei}: a message was kept and can't be stored: ${String(error)}`, { imei });
      }
      this.kept.removeFirst(imei);
    }
    this.dispatcher.wake(imei);
  }

  private async storeWhenBack(reply: DeviceReply): Promise<void> {
    const { signal } = this.stopping;
    try {
      await retryWhileUnavailable(() => this.replies.store(reply), signal);
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
      await this.replies.store(reply);
    }
  }
}
