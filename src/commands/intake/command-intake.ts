import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { EventLog } from '../../events/event-log.js';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { isBadRow, isDeadlock, isDuplicateKey } from '../../platform/database/database-errors.js';
import { CommandCounters } from '../command-counters.js';
import { CommandDispatcher } from '../dispatch/command-dispatcher.js';
import { CommandEnds } from '../waiting/command-ends.js';
import { type IntakeAnswer, type IntakeLimits, type IntakePlan, type IntakeRequest } from './intake-plan.js';
import { planIntake } from './intake-rules.js';
import { IntakeRepository } from './intake.repository.js';

/** Open commands of one device. */
export const MAX_OPEN_COMMANDS = 50;
/** A bulk request has up to 1,000: two transactions. Each device takes an advisory lock, of which PostgreSQL has 6,400 by default. */
const MAX_REQUESTS = 512;

/**
 * Puts commands into the ledger, those of many requests in one transaction: the commands, the ends of the older ones that they replace, the
 * events of these, and the audit entries. A command whose device can take it at once is stored with its first attempt and is written after the commit.
 * For the others the dispatcher is woken; the transaction notifies the other instances.
 */
@Injectable()
export class CommandIntake {
  private readonly batches = new GroupCommit<IntakeRequest, IntakeAnswer>({
    run: (requests) => this.storeAll(requests),
    maxItems: MAX_REQUESTS,
    gather: () => nextTurn(),
    isFaultOfOneItem: isBadRow,
  });

  constructor(
    private readonly repository: IntakeRepository,
    private readonly events: EventLog,
    private readonly instance: Instance,
    private readonly counters: CommandCounters,
    private readonly dispatcher: CommandDispatcher,
    private readonly ends: CommandEnds,
  ) {}

  /** Resolves after the commit. A rejection means that the transaction failed. */
  submit(request: IntakeRequest): Promise<IntakeAnswer> {
    return this.batches.add(request);
  }

  private async storeAll(requests: readonly IntakeRequest[]): Promise<readonly IntakeAnswer[]> {
    try {
      return await this.store(requests);
    } catch (error) {
      // Another instance has used one of the idempotency keys for another device at the same moment, and it is found now. Or this transaction
      // and another one waited for each other, which is rolled back.
      if (isDuplicateKey(error) || isDeadlock(error)) {
        return this.store(requests);
      }
      throw error;
    }
  }

  private async store(requests: readonly IntakeRequest[]): Promise<readonly IntakeAnswer[]> {
    const writable = this.dispatcher.writableTo(requests.map(({ command }) => command.imei));
    const storing = this.commit(requests, writable);
    await this.dispatcher.waitedFor(
      storing.then(({ claimed, ended }) => {
        this.dispatcher.noteEnded(ended.map(({ commandLogId }) => commandLogId));
        claimed.forEach((command) => this.dispatcher.write(writable.get(command.imei)!, [command]));
      }),
    );
    const plan = await storing;
    this.noteStored(requests, plan);
    return plan.answers;
  }

  private commit(requests: readonly IntakeRequest[], writable: IntakeLimits['writable']): Promise<IntakePlan> {
    const limits = { ownInstance: this.instance.id, maxOpenCommands: MAX_OPEN_COMMANDS, writable };
    return this.repository.transaction(async (transaction) => {
      const state = await this.repository.lockAndRead(
        transaction,
        requests.map(({ command }) => command),
      );
      const plan = planIntake(requests, state, limits);
      await this.ends.notifyOthers(transaction.manager, plan.ended);
      await this.events.append(transaction.manager, plan.events);
      await this.repository.writeAndCommit(transaction, plan);
      return plan;
    });
  }

  private noteStored(requests: readonly IntakeRequest[], { rows, claimed, ended, events, answers }: IntakePlan): void {
    this.counters.accepted += rows.length;
    const endedAtOnce = rows.filter(({ supersession }) => supersession !== null);
    this.ends.ended([...ended, ...endedAtOnce].map(({ commandLogId }) => commandLogId));
    this.counters.countEnd('FAILED', 'unconfirmed', events.length);
    if (events.length > 0) {
      this.events.signalAppended();
    }
    const written = new Set(claimed.map(({ commandLogId }) => commandLogId));
    answers.forEach((answer, index) => {
      if (answer.kind === 'accepted' && answer.holder === this.instance.id && !written.has(answer.commandLogId)) {
        const { imei, guard } = requests[index]!.command;
        this.dispatcher.wake(imei, guard !== null);
      }
    });
  }
}
