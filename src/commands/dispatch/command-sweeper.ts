import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { EventLog } from '../../events/event-log.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { FAILURE_REASONS } from '../command.js';
import { CommandCounters } from '../command-counters.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { commandFailed } from '../../events/bodies/command-bodies.js';
import { type DueOutcome, outcomeOfDue } from './due-command.js';
import { KeptReplies } from '../in-flight/kept-replies.js';
import { SweepRepository, type SweptCommand } from './sweep.repository.js';
import { CommandEnds } from '../waiting/command-ends.js';

const SWEEP_EVERY_MS = 500;

/** Looks at pending commands whose time has come: they get another attempt, or end with the reason that is true. */
@Injectable()
export class CommandSweeper {
  constructor(
    private readonly repository: SweepRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly events: EventLog,
    private readonly kept: KeptReplies,
    private readonly counters: CommandCounters,
    private readonly ends: CommandEnds,
  ) {}

  @Periodic({ everyMs: SWEEP_EVERY_MS, failure: 'Overdue commands could not be handled' })
  async tick(): Promise<void> {
    while ((await this.sweep()) > 0) {
      // As long as there is something due.
    }
  }

  /** One transaction's worth. Returns how many commands it handled; any number of instances may do this at the same time. */
  async sweep(): Promise<number> {
    const { due, failed } = await this.repository.transaction(async (manager) => {
      const commands = await this.repository.lockDue(manager, this.kept.devices);
      return { due: commands, failed: await this.settle(manager, commands) };
    });
    if (due.length > 0) {
      this.events.signalAppended();
    }
    const failedIds = failed.map(({ commandLogId }) => commandLogId);
    this.dispatcher.noteEnded(failedIds);
    this.ends.ended(failedIds);
    for (const { imei, guard } of due) {
      this.dispatcher.wake(imei, guard !== null);
    }
    return due.length;
  }

  /** Returns those that have ended. */
  private async settle(manager: EntityManager, commands: readonly SweptCommand[]): Promise<SweptCommand[]> {
    const outcomes = commands.map((command) => ({ command, outcome: outcomeOfDue(command) }));
    const idsOf = (isMeant: (outcome: DueOutcome) => boolean): string[] =>
      outcomes.filter(({ outcome }) => isMeant(outcome)).map(({ command }) => command.commandLogId);
    await this.change(
      idsOf(({ kind }) => kind !== 'wait'),
      (ids) => this.repository.timeOutAttempts(manager, ids),
    );
    await this.change(
      idsOf(({ kind }) => kind === 'release'),
      (ids) => this.repository.release(manager, ids),
    );
    await this.change(
      idsOf(({ kind }) => kind === 'wait'),
      (ids) => this.repository.reschedule(manager, ids),
    );
    for (const reason of FAILURE_REASONS) {
      await this.change(
        idsOf((outcome) => outcome.kind === 'fail' && outcome.reason === reason),
        async (ids) => {
          await this.repository.fail(manager, reason, ids);
          this.counters.countEnd('FAILED', reason, ids.length);
        },
      );
    }
    const failed = outcomes.flatMap(({ command, outcome }) =>
      outcome.kind === 'fail' ? [{ ...command, reason: outcome.reason }] : [],
    );
    await this.ends.notifyOthers(manager, failed);
    await this.events.append(manager, failed.map(commandFailed));
    return failed;
  }

  private async change(commandLogIds: readonly string[], change: (ids: readonly string[]) => Promise<void>): Promise<void> {
    if (commandLogIds.length > 0) {
      await change(commandLogIds);
    }
  }
}
