import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type FailureReason } from '../command.js';
import { CommandAttempt } from '../command-attempt.entity.js';
import { CommandLog } from '../command-log.entity.js';
import { type Guard } from '../guards/guard.js';
import { GuardChecks, type GuardedCommand } from '../guards/guard-checks.js';
import { type DueCommand } from './due-command.js';

const SWEPT_AT_A_TIME = 500;

/** A pending command whose time has come. */
export interface SweptCommand extends DueCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  readonly action: string | null;
  readonly metadata: string | null;
  readonly response: string | null;
  readonly supersededBy: string | null;
  readonly awaitedBy: string | null;
  readonly guard: Guard | null;
}

/** A live command keeps the time that its remaining attempts need: the delay of the sweep must not cost it the last one. */
const LIFE_AFTER_TIMEOUT = `case mode
  when 'live' then least(greatest(expires_at, now() + make_interval(secs => (max_retry - attempts + 1) * timeout_seconds)),
                         (guard ->> 'notAfter')::timestamptz)
  else expires_at end`;
const NEXT_DUE = `greatest(now() + interval '100 milliseconds',
  case when device_state is distinct from 'queued' and (in_flight or attempts > max_retry) then estimated_timeout_at else expires_at end)`;

/** What the sweeper reads and changes. The time is the database's. */
@Injectable()
export class SweepRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly guards: GuardChecks,
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Pending commands whose time has come, locked until the transaction ends. Those that another sweeper has locked are skipped.
   * @param except devices whose commands are left alone: a reply of theirs waits to be stored.
   */
  async lockDue(manager: EntityManager, except: readonly string[]): Promise<SweptCommand[]> {
    const { entities, raw } = await manager
      .createQueryBuilder(CommandLog, 'command')
      .addSelect('now()', 'now')
      // As text: parsed and written again, large numbers would change.
      .addSelect('command.metadata::text', 'metadata_text')
      .where(`command.status = 'PENDING'`)
      // Always true. Only a query with this condition may use the index commands_due.
      .andWhere(`command.due_at > '-infinity'`)
      .andWhere('command.due_at <= now()')
      .andWhere('command.imei <> all (:except)', { except })
      .orderBy('command.dueAt')
      .limit(SWEPT_AT_A_TIME)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getRawAndEntities<{ readonly now: Date; readonly metadata_text: string | null }>();
    const expired = entities.filter(
      (log, index): log is CommandLog & GuardedCommand => log.guard !== null && log.expiresAt <= raw[index]!.now,
    );
    const unmet = await this.guards.unmetOf(manager, expired);
    return entities.map((log, index) => ({
      ...toSwept(log, raw[index]!.now, raw[index]!.metadata_text),
      guardUnmet: unmet.has(log.commandLogId),
    }));
  }

  async fail(manager: EntityManager, reason: FailureReason, commandLogIds: readonly string[]): Promise<void> {
    await manager
      .createQueryBuilder()
      .update(CommandLog)
      .set({ status: 'FAILED', reason, inFlight: false, updatedAt: () => 'now()', completedAt: () => 'now()' })
      .where('command_log_id = any (:commandLogIds)', { commandLogIds })
      .execute();
  }

  /** The last attempts were not answered in time. */
  async timeOutAttempts(manager: EntityManager, commandLogIds: readonly string[]): Promise<void> {
    await manager
      .createQueryBuilder()
      .update(CommandAttempt)
      .set({ result: 'timeout', endedAt: () => 'now()' })
      .where('command_log_id = any (:commandLogIds) and result is null', { commandLogIds })
      .execute();
  }

  /** Frees the slots of commands after a time-out. They queue up behind those that wait. */
  async release(manager: EntityManager, commandLogIds: readonly string[]): Promise<void> {
    await manager
      .createQueryBuilder()
      .update(CommandLog)
      .set({
        inFlight: false,
        queuedAt: () => 'now()',
        updatedAt: () => 'now()',
        expiresAt: () => LIFE_AFTER_TIMEOUT,
        dueAt: () => LIFE_AFTER_TIMEOUT,
      })
      .where('command_log_id = any (:commandLogIds)', { commandLogIds })
      .execute();
  }

  /** Sets when commands that are not due after all are looked at again. */
  async reschedule(manager: EntityManager, commandLogIds: readonly string[]): Promise<void> {
    await manager
      .createQueryBuilder()
      .update(CommandLog)
      .set({ dueAt: () => NEXT_DUE })
      .where('command_log_id = any (:commandLogIds)', { commandLogIds })
      .execute();
  }
}

function toSwept(log: CommandLog, now: Date, metadata: string | null): Omit<SweptCommand, 'guardUnmet'> {
  return {
    commandLogId: log.commandLogId,
    imei: log.imei,
    command: log.command,
    action: log.action,
    metadata,
    response: log.response,
    supersededBy: log.supersededBy,
    awaitedBy: log.awaitedBy,
    guard: log.guard,
    attempts: log.attempts,
    maxRetry: log.maxRetry,
    inFlight: log.inFlight,
    deviceState: log.deviceState,
    timedOut: log.sentAt !== null && log.estimatedTimeoutAt <= now,
    expired: log.expiresAt <= now,
  };
}
