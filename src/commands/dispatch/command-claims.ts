import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { commandRetried } from '../../events/bodies/command-bodies.js';
import { EventLog } from '../../events/event-log.js';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { type ClaimedCommand, type Command } from '../command.js';
import { type Claimer, CommandDeliveryRepository } from './command-delivery.repository.js';

const MAX_CLAIMERS = 256;
/** Batches at the same time: a claim need not wait for the commit of the one before it. */
const BATCHES = 2;

/** Claims commands, those of many devices in one transaction: the attempts are on record before the first byte is written. */
@Injectable()
export class CommandClaims {
  private readonly batches = new GroupCommit<Claimer, readonly Command[]>({
    run: (claimers) => this.claimAll(claimers),
    maxItems: MAX_CLAIMERS,
    concurrency: BATCHES,
    gather: () => nextTurn(),
    // The slot of one device was taken at the same time.
    isFaultOfOneItem: isDuplicateKey,
  });

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly events: EventLog,
  ) {}

  /** The commands that are to be written to the connection now. Their attempts are committed. */
  claim(claimer: Claimer): Promise<readonly Command[]> {
    return this.batches.add(claimer);
  }

  /** Takes an attempt back of which surely no byte left. */
  takeBack({ commandLogId, attempts }: ClaimedCommand): Promise<void> {
    return this.repository.takeBack(commandLogId, attempts);
  }

  private claimAll(claimers: readonly Claimer[]): Promise<readonly (readonly Command[])[]> {
    return this.events.records('command.retried') ? this.claimWithEvents(claimers) : this.repository.claim(claimers);
  }

  private async claimWithEvents(claimers: readonly Claimer[]): Promise<Command[][]> {
    const claimed = await this.repository.transaction(async (transaction) => {
      const commands = await this.repository.claim(claimers, transaction);
      const retried = commands.flat().filter(({ attempts }) => attempts > 1);
      await this.events.append(transaction.manager, retried.map(commandRetried));
      await transaction.commit();
      return commands;
    });
    this.events.signalAppended();
    return claimed;
  }
}
