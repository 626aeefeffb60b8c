import { Injectable, Logger } from '@nestjs/common';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { countOf } from '../../platform/observability/log-text.js';
import { ConnectionRegistry } from '../../transport/connection-registry.js';
import { CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { KeptReplies } from '../in-flight/kept-replies.js';

/** Logins are looked at together: after a restart a whole fleet comes back at once, and few of its devices have commands. */
const GATHER_MS = 20;

/** Devices are back: what their last connection left unanswered goes out again at once, and what waited for them goes out. */
@Injectable()
export class CommandReconnect {
  private readonly logger = new Logger(CommandReconnect.name);
  /** IMEI -> connection. */
  private gathered = new Map<string, string>();

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly connections: ConnectionRegistry,
    private readonly kept: KeptReplies,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Returns at once. What the device answered by its last connection is stored first: it may be the answer to what would be written again. */
  resume(imei: string, connectionId: string): void {
    if (this.kept.has(imei)) {
      void this.kept.whenEmpty(imei).then(() => this.resume(imei, connectionId));
      return;
    }
    if (this.gathered.size === 0) {
      setTimeout(() => void this.resumeGathered(), GATHER_MS);
    }
    this.gathered.set(imei, connectionId);
  }

  private async resumeGathered(): Promise<void> {
    // A connection that a newer one has replaced is left out: the commands in flight there are not its own.
    const logins = [...this.gathered].filter(([imei, connectionId]) => this.connections.find(imei)?.id === connectionId);
    this.gathered = new Map();
    const imeis = logins.map(([imei]) => imei);
    try {
      await this.repository.releaseOfOldConnections(
        imeis,
        logins.map(([, connectionId]) => connectionId),
      );
      for (const { imei, hasGuarded } of await this.repository.findWaiting(imeis)) {
        this.dispatcher.wake(imei, hasGuarded);
      }
    } catch (error) {
      // Time-outs release them too, and polling finds them, only later.
      this.database.logFailure(
        this.logger,
        `Reading the commands of ${countOf(imeis.length, 'device')} that logged in failed`,
        error,
      );
    }
  }
}
