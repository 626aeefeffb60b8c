import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { EventLog } from '../../events/event-log.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { CommandDeliveryRepository, type SweptCommand } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { commandFailed } from '../../events/bodies/command-bodies.js';
import { judgeDue } from './due-command.js';
import { KeptReplies } from '../replies/kept-replies.js';

const SWEEP_EVERY_MS = 500;

/** Looks at pending commands whose time has come: they get another attempt, or end with the reason that is true. */
@Injectable()
export class CommandSweeper {
  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly events: EventLog,
    private readonly kept: KeptReplies,
  ) {}

  @Periodic({ everyMs: SWEEP_EVERY_MS, failure: 'Overdue commands could not be handled' })
  async tick(): Promise<void> {
    while ((await this.sweep()) > 0) {
      // As long as there is something due.
    }
  }

  /** One transaction's worth. Returns how many commands it handled; any number of instances may do this at the same time. */
  async sweep(): Promise<number> {
    const due = await this.repository.transaction(async (manager) => {
      const commands = await this.repository.lockDue(manager, this.kept.devices);
      // In one order for all sweepers: the events of a device are numbered under a lock that lasts until the commit.
      await this.settle(
        manager,
        commands.toSorted((one, other) => (one.imei < other.imei ? -1 : 1)),
      );
      return commands;
    });
    if (due.length > 0) {
      this.events.signalAppended();
    }
    for (const { imei } of due) {
      this.dispatcher.wake(imei);
    }
    return due.length;
  }

  private async settle(manager: EntityManager, commands: readonly SweptCommand[]): Promise<void> {
    const released: string[] = [];
    const waiting: string[] = [];
    const failed: NewEvent[] = [];
    for (const command of commands) {
      const outcome = judgeDue(command);
      switch (outcome.kind) {
        case 'release':
          await this.repository.timeOutAttempt(manager, command.commandLogId);
          released.push(command.commandLogId);
          break;
        case 'wait':
          waiting.push(command.commandLogId);
          break;
        case 'fail':
          await this.repository.timeOutAttempt(manager, command.commandLogId);
          failed.push(commandFailed(await this.repository.fail(manager, command.commandLogId, outcome.reason)));
      }
    }
    await this.events.append(manager, failed);
    if (released.length > 0) {
      await this.repository.release(manager, released);
    }
    if (waiting.length > 0) {
      await this.repository.reschedule(manager, waiting);
    }
  }
}
