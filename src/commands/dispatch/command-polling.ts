import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../../platform/cluster/instance-channel.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { ConnectionRegistry } from '../../transport/connection-registry.js';
import { CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';

const POLL_EVERY_MS = 2_000;

/** Wakes the dispatcher for commands that came in at other instances, by their notifications and by looking for what those have missed. */
@Injectable()
export class CommandPolling implements OnModuleInit {
  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly connections: ConnectionRegistry,
    private readonly instance: Instance,
    private readonly channel: InstanceChannel,
  ) {}

  onModuleInit(): void {
    this.channel.handle('command', { onMessage: (imei) => this.dispatcher.wake(imei), onListening: () => this.poll() });
  }

  @Periodic({ everyMs: POLL_EVERY_MS, failure: 'Waiting commands could not be looked for' })
  async poll(): Promise<void> {
    if (this.dispatcher.mayClaim && this.connections.size > 0) {
      (await this.repository.findWaitingOfInstance(this.instance.id)).forEach((imei) => this.dispatcher.wake(imei));
    }
  }
}
