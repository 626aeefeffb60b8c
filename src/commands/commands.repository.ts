import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type Repository } from 'typeorm';
import { type Page, readQueryPage } from '../platform/database/bounded-page.js';
import { type CursorValues, microsecondsToTime, timeToMicroseconds } from '../platform/database/page-cursor.js';
import { CommandAttempt as AttemptRow } from './command-attempt.entity.js';
import { CommandCounters } from './command-counters.js';
import { CommandLog } from './command-log.entity.js';
import { type AwaitedCommand } from './waiting/command-ends.js';
import { type Command, COMMAND_FIELDS, type CommandAttempt, type CommandStatus, type FailureReason } from './command.js';

export interface CommandFilter {
  readonly imei: string | null;
  readonly status: CommandStatus | null;
  readonly reason: FailureReason | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** The last one seen. */
  readonly after: CursorValues<'timeUs' | 'id'> | null;
  readonly limit: number;
}

/** More than a command can have. */
const MAX_ATTEMPTS = 1_000;

export type ListedCommand = Command & { readonly createdAtUs: string };

export type CancelledCommand = Command & AwaitedCommand;

/** What the REST routes read and cancel. IntakeRepository inserts commands. Time is the database's. */
@Injectable()
export class CommandsRepository {
  constructor(
    @InjectRepository(CommandLog) private readonly commands: Repository<CommandLog>,
    private readonly counters: CommandCounters,
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.commands.manager.transaction(work);
  }

  async find(commandLogId: string): Promise<Command | null> {
    const command = await this.commands
      .createQueryBuilder('command')
      .select(COMMAND_FIELDS)
      .where({ commandLogId })
      .getRawOne<Command>();
    return command ?? null;
  }

  /** The newest attempts first. */
  async findAttempts(commandLogId: string): Promise<Page<CommandAttempt>> {
    const { manager } = this.commands;
    const attempts = manager.createQueryBuilder(AttemptRow, 'attempt').select('attempt.*').where({ commandLogId });
    return readQueryPage<CommandAttempt>(manager, attempts, {
      fields: `attempt.attempt, sent_at as "sentAt", socket_uuid as "socketUuid", result, ended_at as "endedAt", reply, guard_facts as "guardFacts"`,
      // Qualified: the alias alone would be the whole row.
      orderBy: 'attempt.attempt desc',
      bytes: 'coalesce(octet_length(reply), 0)',
      limit: MAX_ATTEMPTS,
    });
  }

  /** Newest first. Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
  async list({ imei, status, reason, from, to, after, limit }: CommandFilter): Promise<Page<ListedCommand>> {
    const commands = this.commands.createQueryBuilder('command_log').select('command_log.*');
    if (imei !== null) {
      commands.andWhere('command_log.imei = :imei', { imei });
    }
    if (status !== null) {
      commands.andWhere('command_log.status = :status', { status });
    }
    if (reason !== null) {
      // Always true: only a query with this condition may use the index commands_by_reason.
      commands.andWhere(`command_log.reason = :reason and command_log.created_at > '-infinity'`, { reason });
    }
    if (from !== null) {
      commands.andWhere('command_log.created_at >= :from', { from });
    }
    if (to !== null) {
      commands.andWhere('command_log.created_at < :to', { to });
    }
    if (after !== null) {
      const position = `(${microsecondsToTime(':timeUs')}, :id::bigint)`;
      commands.andWhere(`(command_log.created_at, command_log.command_log_id) < ${position}`, { ...after });
    }
    return readQueryPage<ListedCommand>(this.commands.manager, commands, {
      fields: `${COMMAND_FIELDS}, ${timeToMicroseconds('created_at')} as "createdAtUs"`,
      orderBy: 'created_at desc, command_log_id desc',
      bytes: 'coalesce(octet_length(metadata::text), 0) + coalesce(octet_length(response), 0) + octet_length(command)',
      limit,
    });
  }

  /** Cancels a command that is pending and was never written. Null for any other. */
  async cancel(manager: EntityManager, commandLogId: string): Promise<CancelledCommand | null> {
    const updated = await manager
      .createQueryBuilder()
      .update(CommandLog)
      .set({ status: 'FAILED', reason: 'cancelled', updatedAt: () => 'now()', completedAt: () => 'now()' })
      .where({ commandLogId, status: 'PENDING', attempts: 0 })
      .returning(`${COMMAND_FIELDS}, awaited_by as "awaitedBy"`)
      .execute();
    const [command] = updated.raw as CancelledCommand[];
    if (command) {
      this.counters.countEnd('FAILED', 'cancelled');
    }
    return command ?? null;
  }
}
