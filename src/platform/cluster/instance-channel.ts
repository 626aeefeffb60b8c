import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseAvailability } from '../database/database-availability.js';
import { DatabaseServer } from '../database/database-server.js';
import { NotificationListener } from '../database/notification-listener.js';
import { ClusterMembership, Instance } from './cluster-membership.js';

/** A rejection is logged; the channel does not wait for the result. */
export interface TopicHandler {
  /** Another instance has sent this text. */
  readonly onMessage: (text: string) => void | Promise<void>;
  /** Messages may have been lost. */
  readonly onListening: () => void | Promise<void>;
}

/**
 * Notifications from other instances, by topic: each is a topic, a blank, and a text. They only shorten a wait: every handler's feature also
 * polls. The heartbeat goes by the same connection: an instance that cannot be notified counts as dead.
 */
@Injectable()
export class InstanceChannel implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(InstanceChannel.name);
  private readonly listener: NotificationListener;
  private readonly handlers = new Map<string, TopicHandler>();

  constructor(
    instance: Instance,
    private readonly membership: ClusterMembership,
    database: DatabaseServer,
    private readonly availability: DatabaseAvailability,
  ) {
    this.listener = new NotificationListener({
      url: database.directUrl,
      channel: instance.channel,
      onNotification: (payload) => this.dispatch(payload),
      onListening: () => this.handlers.forEach(({ onListening }, topic) => this.run(topic, onListening)),
      beat: (client) => membership.beat(client),
      beatEveryMs: membership.beatEveryMs,
      timeoutMs: membership.beatEveryMs,
      onInterrupted: (message, error) => availability.logFailure(this.logger, message, error),
    });
    availability.whenReplaced(() => this.listener.renew());
  }

  handle(topic: string, handler: TopicHandler): void {
    this.handlers.set(topic, handler);
  }

  onApplicationBootstrap(): void {
    this.listener.start();
  }

  /** The very last: an instance that still processes what it has read must not be declared dead. */
  async onApplicationShutdown(): Promise<void> {
    await this.listener.stop((client) => this.membership.leave(client));
  }

  private dispatch(payload: string): void {
    const end = payload.indexOf(' ');
    const topic = payload.slice(0, end);
    this.run(topic, () => this.handlers.get(topic)?.onMessage(payload.slice(end + 1)));
  }

  private run(topic: string, handler: () => void | Promise<void>): void {
    Promise.resolve(handler()).catch((error: unknown) =>
      this.availability.logFailure(this.logger, `A notification of topic ${topic} could not be handled`, error),
    );
  }
}
