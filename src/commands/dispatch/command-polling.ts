import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../../platform/cluster/instance-channel.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { ConnectionRegistry } from '../../transport/connection-registry.js';
import { GuardChecks } from '../guards/guard-checks.js';
import { CommandDeliveryRepository, type WaitingDevice } from './command-delivery.repository.js';
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
    private readonly guards: GuardChecks,
  ) {}

  onModuleInit(): void {
    this.channel.handle('command', { onMessage: (imei) => this.dispatcher.wake(imei), onListening: () => this.poll() });
    this.channel.handle('guarded-command', {
      onMessage: (imei) => this.dispatcher.wake(imei, true),
      onListening: () => undefined,
    });
    this.guards.watch.whenHopeful((imei) => this.dispatcher.wake(imei));
  }

  @Periodic({ everyMs: POLL_EVERY_MS, failure: 'Waiting commands could not be looked for' })
  async poll(): Promise<void> {
    if (this.dispatcher.mayClaim && this.connections.size > 0) {
      await this.repository.releaseOfOtherConnections(this.instance.id);
      const readAt = this.guards.watch.step;
      const waiting = await this.repository.findWaitingOfInstance(this.instance.id);
      waiting.filter(({ hasUnguarded }) => hasUnguarded).forEach(({ imei }) => this.dispatcher.wake(imei));
      await this.wakePermitted(
        waiting.filter(({ guarded }) => guarded.length > 0),
        readAt,
      );
    }
  }

  /** A device whose guarded commands may not be written now is not woken: a record of it may do that. */
  private async wakePermitted(waiting: readonly WaitingDevice[], readAt: number): Promise<void> {
    this.guards.watch.replaceAll(new Map(waiting.map(({ imei, guarded }) => [imei, guarded.map(({ guard }) => guard)])), readAt);
    const met = await this.guards.devicesThatMeet(waiting.flatMap(({ guarded }) => guarded));
    met.forEach((imei) => this.dispatcher.wake(imei));
  }
}
