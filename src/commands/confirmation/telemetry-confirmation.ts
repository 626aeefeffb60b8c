import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { commandCompleted } from '../../events/bodies/command-bodies.js';
import { EventLog } from '../../events/event-log.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { CommandCounters } from '../command-counters.js';
import { CommandDispatcher } from '../dispatch/command-dispatcher.js';
import { CommandEnds } from '../waiting/command-ends.js';
import { attemptBefore, type OutputRecord } from '../in-flight/watched-command.js';
import { WatchedOutputs, type ShownCommand } from '../in-flight/watched-outputs.js';
import { ConfirmationRepository, type LockedCommand } from './confirmation.repository.js';

const CONFIRM_EVERY_MS = 500;
const COMMANDS_PER_TRANSACTION = 500;

/** Completes commands whose outputs a record shows in the state that was asked for. */
@Injectable()
export class TelemetryConfirmation {
  constructor(
    private readonly repository: ConfirmationRepository,
    private readonly watched: WatchedOutputs,
    private readonly events: EventLog,
    private readonly counters: CommandCounters,
    private readonly dispatcher: CommandDispatcher,
    private readonly ends: CommandEnds,
  ) {}

  @Periodic({ everyMs: CONFIRM_EVERY_MS, failure: 'Commands that records show as executed could not be completed' })
  async confirmShown(): Promise<void> {
    const shown = this.watched.takeShown();
    for (let start = 0; start < shown.length; start += COMMANDS_PER_TRANSACTION) {
      await this.confirm(shown.slice(start, start + COMMANDS_PER_TRANSACTION));
    }
  }

  private async confirm(shown: readonly ShownCommand[]): Promise<void> {
    const records = new Map(shown.map(({ command, record }) => [command.commandLogId, record]));
    const completed = await this.repository.transaction((manager) => this.complete(manager, records));
    if (completed.length > 0) {
      this.events.signalAppended();
      const completedIds = completed.map(({ commandLogId }) => commandLogId);
      this.dispatcher.noteEnded(completedIds);
      this.ends.ended(completedIds);
    }
    for (const { imei, commandLogId, late } of completed) {
      this.counters.countEnd('COMPLETED', late ? 'late' : 'none');
      this.watched.remove(imei, commandLogId);
      // Its slot is free.
      this.dispatcher.wake(imei);
    }
  }

  /** The rows decide: in the meantime a reply may have ended a command, or a newer one for its outputs may have been written. */
  private async complete(manager: EntityManager, records: ReadonlyMap<string, OutputRecord>): Promise<LockedCommand[]> {
    const locked = await this.repository.lockConfirmable(manager, [...records.keys()]);
    const ids = locked.map(({ commandLogId }) => commandLogId);
    const written = ids.length === 0 ? [] : await this.repository.findWrittenOf(manager, ids);
    const attempts = new Map<string, number>();
    for (const row of written) {
      const command = this.watched.describe(row);
      const attempt = command && attemptBefore(command, records.get(row.commandLogId)!);
      if (attempt !== null) {
        attempts.set(row.commandLogId, attempt);
      }
    }
    const confirmed = locked.filter(({ commandLogId }) => attempts.has(commandLogId));
    if (confirmed.length > 0) {
      await this.repository.complete(manager, attempts);
      const events = confirmed.map((command) => commandCompleted({ ...command, confirmedBy: 'telemetry' }));
      await this.events.append(manager, events);
      await this.ends.notifyOthers(manager, confirmed);
    }
    return confirmed;
  }
}
