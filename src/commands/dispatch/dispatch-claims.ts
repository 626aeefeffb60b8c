import { Injectable, Logger } from '@nestjs/common';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { type ClaimedCommand, type Command } from '../command.js';
import { type GuardFacts } from '../guards/guard.js';
import { type GuardBasis } from '../guards/guard-basis.js';
import { GuardChecks, type GuardedCommand } from '../guards/guard-checks.js';
import { GuardWatch } from '../guards/guard-watch.js';
import { GuardedCommandsRepository } from '../guards/guarded-commands.repository.js';
import { CommandClaims } from './command-claims.js';
import { type Claimer } from './command-delivery.repository.js';

/** Queues a frame, and calls `mayWrite` immediately before it is written. Resolves with whether it was written. */
type GuardedSend = (mayWrite: () => boolean) => Promise<boolean>;

/**
 * Claims commands for the dispatcher: at once those without a guard, and in a step of their own the guarded ones whose guards are met. These are written
 * if they are still met then. The others wait, and no other command waits for them.
 *
 * The newest record is read before the claim, and from then on the records that this instance stores are watched. Nothing is read between the commit
 * of a claim and the queueing of its frame: a newer command that ends this one must find its frame ahead of its own.
 */
@Injectable()
export class DispatchClaims {
  private readonly logger = new Logger(DispatchClaims.name);
  /** Of claimed commands that are not queued yet, by id. */
  private readonly bases = new Map<string, GuardBasis>();

  constructor(
    private readonly repository: GuardedCommandsRepository,
    private readonly checks: GuardChecks,
    private readonly watch: GuardWatch,
    private readonly claims: CommandClaims,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Commands without a guard. */
  claim(claimer: Claimer): Promise<readonly Command[]> {
    return this.claims.claim(claimer);
  }

  /** Takes an attempt back of which surely no byte left. */
  async takeBack(command: ClaimedCommand): Promise<void> {
    await this.claims.takeBack(command);
    if (command.guard !== null) {
      this.noteGuarded(command.imei);
    }
  }

  /** Guarded commands of the device wait. */
  noteGuarded(imei: string): void {
    this.watch.add(imei);
  }

  /** Whether guarded commands of the device may wait. */
  hasGuarded(imei: string): boolean {
    return this.watch.isWaiting(imei);
  }

  /** Guarded commands whose guards are met, each with the facts on its attempt. Others may be among them. */
  async claimGuarded(claimer: Claimer): Promise<readonly Command[]> {
    const { imei } = claimer;
    const readAt = this.watch.step;
    const waiting = await this.repository.findWaiting(imei);
    this.watch.update(
      imei,
      waiting.map(({ guard }) => guard),
      readAt,
    );
    return waiting.length === 0 ? [] : this.claimPermitted(claimer, waiting);
  }

  private async claimPermitted(claimer: Claimer, waiting: readonly GuardedCommand[]): Promise<readonly Command[]> {
    const basis = await this.checks.basisOf(claimer.imei);
    try {
      const permits = waiting.flatMap(({ commandLogId, guard }) => {
        const { unmet, facts } = basis.evaluate(guard);
        return unmet.length === 0 ? [{ commandLogId, facts }] : [];
      });
      const claimed = permits.length === 0 ? [] : await this.claims.claim({ ...claimer, permits });
      claimed.filter(({ guard }) => guard !== null).forEach(({ commandLogId }) => this.bases.set(commandLogId, basis.share()));
      return claimed;
    } finally {
      basis.release();
    }
  }

  /** Writes a claimed command if its guard is met at that moment. Queues its frame at once. Returns whether it was written; never rejects. */
  async sendWhileMet(command: GuardedCommand & { readonly attempts: number }, send: GuardedSend): Promise<boolean> {
    const { commandLogId, guard } = command;
    const basis = this.bases.get(commandLogId);
    if (!basis) {
      return false;
    }
    this.bases.delete(commandLogId);
    let facts: GuardFacts | null = null;
    const mayWrite = (): boolean => {
      const result = basis.evaluate(guard);
      facts = result.facts;
      return result.unmet.length === 0 && basis.isFresh;
    };
    const isWritten = await send(mayWrite).finally(() => basis.release());
    if (isWritten && facts !== null) {
      await this.keepFacts(command, facts);
    }
    return isWritten;
  }

  private async keepFacts(
    { commandLogId, imei, attempts }: GuardedCommand & { attempts: number },
    facts: GuardFacts,
  ): Promise<void> {
    try {
      await this.repository.updateFacts(commandLogId, attempts, facts);
    } catch (error) {
      this.database.logFailure(this.logger, `${imei}: the facts of attempt ${attempts} remain those of its claim`, error, {
        imei,
      });
    }
  }
}
