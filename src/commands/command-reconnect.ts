import { Injectable, Logger } from '@nestjs/common';
import { CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';

/** A device is back: what its last connection left unanswered goes out again at once, and what waited for it goes out. */
@Injectable()
export class CommandReconnect {
  private readonly logger = new Logger(CommandReconnect.name);

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
  ) {}

  async resume(imei: string, connectionId: string): Promise<void> {
    try {
      await this.repository.releaseOfOldConnections(imei, connectionId);
    } catch (error) {
      // Their time-outs release them too, only later.
      this.logger.warn(`${imei}: commands of its last connection could not be released: ${String(error)}`);
    }
    this.dispatcher.wake(imei);
  }
}
