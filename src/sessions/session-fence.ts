import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ClusterMembership, Instance } from '../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../platform/cluster/instance-channel.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { TeltonikaServer } from '../transport/teltonika-server.js';
import { SessionComparison } from './session-comparison.js';
import { forgetSessions } from './sessions.repository.js';

/**
 * Closes connections that no longer own their device: one whose device has logged in at another instance, and all of them while
 * this instance is not a member of the cluster.
 */
@Injectable()
export class SessionFence implements OnModuleInit {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly server: TeltonikaServer,
    private readonly instance: Instance,
    private readonly membership: ClusterMembership,
    private readonly channel: InstanceChannel,
    private readonly comparison: SessionComparison,
  ) {}

  onModuleInit(): void {
    this.membership.whenApart(() => this.server.endAll('fenced'));
    this.membership.beforeReturn((client) => forgetSessions(client, this.instance.id));
    this.channel.handle('evict', {
      onMessage: (text) => this.evict(text),
      onListening: () => this.comparison.compare(),
    });
  }

  private evict(text: string): void {
    const [imei = '', epoch] = text.split(' ');
    this.connections.endOlderThan(imei, Number(epoch));
  }
}
