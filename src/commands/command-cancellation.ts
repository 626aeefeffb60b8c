import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { AuditService } from '../access/audit/audit.service.js';
import { commandFailed } from '../events/bodies/command-bodies.js';
import { EventLog } from '../events/event-log.js';
import { type Command } from './command.js';
import { CommandNotFoundError, NotCancellableError } from './commands.errors.js';
import { CommandsRepository } from './commands.repository.js';
import { CommandEnds } from './waiting/command-ends.js';

/** Ends commands that no byte was written of, because the host asks for it. */
@Injectable()
export class CommandCancellation {
  constructor(
    private readonly repository: CommandsRepository,
    private readonly events: EventLog,
    private readonly audit: AuditService,
    private readonly ends: CommandEnds,
  ) {}

  /** Throws CommandNotFoundError, NotCancellableError. */
  async cancel(commandLogId: string, actor: AuditActor): Promise<Command> {
    const cancelled = await this.repository.transaction(async (manager) => {
      const command = await this.repository.cancel(manager, commandLogId);
      if (command) {
        const details = { commandLogId, command: command.command };
        await this.audit.record({ actor, action: 'command.cancelled', imei: command.imei, details }, manager);
        await this.ends.notifyOthers(manager, [command]);
        await this.events.append(manager, [commandFailed(command)]);
      }
      return command;
    });
    if (cancelled) {
      this.events.signalAppended();
      this.ends.ended([commandLogId]);
      return cancelled;
    }
    const command = await this.repository.find(commandLogId);
    if (!command) {
      throw new CommandNotFoundError(commandLogId);
    }
    throw new NotCancellableError(reasonAgainstCancelling(command));
  }
}

function reasonAgainstCancelling({ status, deviceState }: Command): string {
  if (status !== 'PENDING') {
    return `it is ${status} already`;
  }
  return deviceState === 'queued'
    ? 'the device has accepted it and executes it later; a newer command for the same output or parameter takes its place'
    : 'it was written to the device already';
}
