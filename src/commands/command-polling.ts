import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Instance } from '../platform/cluster/instance.js';
import { InstanceChannel } from '../platform/cluster/instance-channel.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';

const POLL_EVERY_MS = 2_000;

/** Wakes the dispatcher for commands that came in at other instances, by their notifications and by looking for what those have missed. */
@Injectable()
export class CommandPolling implements OnModuleInit {
  private readonly logger = new Logger(CommandPolling.name);
  private polling = false;

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly connections: ConnectionRegistry,
    private readonly instance: Instance,
    private readonly channel: InstanceChannel,
    private readonly database: DatabaseAvailability,
  ) {}

  onModuleInit(): void {
    this.channel.handle('command', { onMessage: (imei) => this.dispatcher.wake(imei), onListening: () => void this.poll() });
  }

  @Interval(POLL_EVERY_MS)
  async poll(): Promise<void> {
    if (this.polling || !this.dispatcher.mayClaim || this.connections.size === 0) {
      return;
    }
    this.polling = true;
    try {
      (await this.repository.findWaitingOfInstance(this.instance.id)).forEach((imei) => this.dispatcher.wake(imei));
    } catch (error) {
      const next = `next try in ${POLL_EVERY_MS / 1000} s`;
      this.database.logFailure(this.logger, `Waiting commands could not be looked for, ${next}`, error);
    } finally {
      this.polling = false;
    }
  }
}
