import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../../platform/cluster/instance-channel.js';
import { InstancesRepository } from '../../platform/cluster/instances.repository.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { EventLog } from '../event-log.js';

const APPENDED = 'events-appended';
const WANTED = 'events-wanted';
const ANNOUNCE_EVERY_MS = 10 * SECOND_MS;
/** More than two announcements. */
const WANTED_FOR_MS = 25 * SECOND_MS;
/** Between two notifications of an instance: a NOTIFY is a transaction of its own, of which there may be many appending ones in this time. */
const NOTIFY_SPACING_MS = 20;

interface Listener {
  readonly wake: () => void;
  readonly isListening: () => boolean;
}

/**
 * Wakes the readers of the log when events may have been committed: on this instance at once, on the others by NOTIFY. Instances with open streams or sinks announce
 * that they want to be notified; without them no NOTIFY is sent. It stands in a transaction of its own: in those that append events it would make the commits of
 * all of them wait for each other (decision 7).
 */
@Injectable()
export class StreamSignals implements OnModuleInit {
  private readonly logger = new Logger(StreamSignals.name);
  /** Instances by their ids, with the time up to which they want to be notified. */
  private readonly wantedUntil = new Map<string, number>();
  private readonly listeners: Listener[] = [];
  private isPending = false;
  private isNotifying = false;

  constructor(
    private readonly events: EventLog,
    private readonly channel: InstanceChannel,
    private readonly instances: InstancesRepository,
    private readonly instance: Instance,
    private readonly database: DatabaseAvailability,
  ) {}

  onModuleInit(): void {
    this.channel.handle(APPENDED, { onMessage: () => this.wake(), onListening: () => this.wake() });
    this.channel.handle(WANTED, {
      onMessage: (instanceId) => void this.wantedUntil.set(instanceId, performance.now() + WANTED_FOR_MS),
      onListening: () => this.announce(),
    });
    this.events.onAppended(() => {
      this.wake();
      this.isPending = true;
      void this.notify();
    });
    this.events.followedWhile(() => this.isListening() || this.wanting().length > 0);
  }

  /** Calls `wake` when events may have been committed by any instance, while `isListening`. */
  listen(wake: () => void, isListening: () => boolean): void {
    this.listeners.push({ wake, isListening });
  }

  /** To be called when a reader begins to listen: others notify this instance from now on. */
  @Periodic({ everyMs: ANNOUNCE_EVERY_MS, failure: 'Other instances could not be asked to report new events, the log is polled' })
  async announce(): Promise<void> {
    if (this.isListening()) {
      await this.instances.notifyOthers(this.instance.id, WANTED, this.instance.id);
    }
  }

  private isListening(): boolean {
    return this.listeners.some(({ isListening }) => isListening());
  }

  private wake(): void {
    this.listeners.forEach(({ wake }) => wake());
  }

  /** One notification at a time, and none while no instance wants it. */
  private async notify(): Promise<void> {
    if (this.isNotifying) {
      return;
    }
    this.isNotifying = true;
    try {
      while (this.isPending) {
        this.isPending = false;
        const targets = this.wanting();
        if (targets.length === 0) {
          return;
        }
        await this.instances.notify(targets, APPENDED, '');
        await new Promise((resolve) => setTimeout(resolve, NOTIFY_SPACING_MS).unref());
      }
    } catch (error) {
      this.database.logFailure(this.logger, 'Other instances could not be notified of new events, they poll', error);
    } finally {
      this.isNotifying = false;
    }
  }

  private wanting(): string[] {
    const now = performance.now();
    for (const [instanceId, until] of this.wantedUntil) {
      if (until <= now) {
        this.wantedUntil.delete(instanceId);
      }
    }
    return [...this.wantedUntil.keys()];
  }
}
