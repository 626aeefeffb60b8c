import { Injectable, Logger } from '@nestjs/common';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';

/** A device is back: what its last connection left unanswered goes out again at once, and what waited for it goes out. */
@Injectable()
export class CommandReconnect {
  private readonly logger = new Logger(CommandReconnect.name);

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly connections: ConnectionRegistry,
  ) {}

  async resume(imei: string, connectionId: string): Promise<void> {
    if (this.connections.find(imei)?.id !== connectionId) {
      // A newer connection has taken its place already, and what that one has in flight is none of ours.
      return;
    }
    try {
      await this.repository.releaseOfOldConnections(imei, connectionId);
    } catch (error) {
      // Their time-outs release them too, only later.
      this.logger.warn(`${imei}: commands of its last connection could not be released: ${String(error)}`);
    }
    this.dispatcher.wake(imei);
  }
}
