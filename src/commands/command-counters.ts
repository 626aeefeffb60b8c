import { Injectable } from '@nestjs/common';
import { type CommandStatus, type FailureReason } from './command.js';

/** A command that was confirmed after its failure had been reported ends twice: the second time as `late`. */
export type CommandEnd = `${CommandStatus} ${FailureReason | 'none' | 'late'}`;

/** What this instance has done with commands since the start of the process. */
@Injectable()
export class CommandCounters {
  accepted = 0;
  /**
   * By status and reason. Superseded commands are not counted: the host receives no event for them.
   * An end that a rollback undoes is counted again the next time.
   */
  readonly ended: Partial<Record<CommandEnd, number>> = {};

  countEnd(status: CommandStatus, reason: FailureReason | 'none' | 'late', commands = 1): void {
    const end: CommandEnd = `${status} ${reason}`;
    if (commands > 0) {
      this.ended[end] = (this.ended[end] ?? 0) + commands;
    }
  }
}
