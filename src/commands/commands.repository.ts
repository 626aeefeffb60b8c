import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { auditInsert } from '../access/audit/audit-entry.js';
import { type Page, readPage } from '../platform/database/bounded-page.js';
import { type CursorValues, microsecondsToTime, timeToMicroseconds } from '../platform/database/page-cursor.js';
import { CommandCounters } from './command-counters.js';
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

/** SQL of the REST side: commands are read and cancelled. IntakeRepository inserts them. Time is the database's. */
@Injectable()
export class CommandsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly counters: CommandCounters = new CommandCounters(),
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  async find(commandLogId: string): Promise<Command | null> {
    const [row] = await this.dataSource.query<Command[]>(
      `select ${COMMAND_FIELDS} from tbl_iot_command_logs where command_log_id = $1`,
      [commandLogId],
    );
    return row ?? null;
  }

  /** The newest attempts first. */
  async findAttempts(commandLogId: string): Promise<Page<CommandAttempt>> {
    return readPage<CommandAttempt>(
      this.dataSource.manager,
      {
        fields: `attempt, sent_at as "sentAt", socket_uuid as "socketUuid", result, ended_at as "endedAt", reply`,
        alias: 'attempts',
        columns: '*',
        from: 'tbl_iot_command_attempts attempts',
        where: 'where command_log_id = $1',
        orderBy: 'attempt desc',
        bytes: 'coalesce(octet_length(reply), 0)',
        limit: MAX_ATTEMPTS,
      },
      [commandLogId],
    );
  }

  /** Newest first. Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
  async list(filter: CommandFilter): Promise<Page<ListedCommand>> {
    const values: unknown[] = [];
    const placed = (value: unknown): string => `$${values.push(value)}`;
    const conditions = [
      filter.imei !== null && `imei = ${placed(filter.imei)}`,
      filter.status !== null && `status = ${placed(filter.status)}`,
      // "-infinity" is said for the index that only this list may use.
      filter.reason !== null && `reason = ${placed(filter.reason)} and created_at > '-infinity'`,
      filter.from !== null && `created_at >= ${placed(filter.from)}`,
      filter.to !== null && `created_at < ${placed(filter.to)}`,
      filter.after !== null &&
        `(created_at, command_log_id) < (${microsecondsToTime(placed(filter.after.timeUs))}, ${placed(filter.after.id)}::bigint)`,
    ].filter((condition) => condition !== false);
    return readPage<ListedCommand>(
      this.dataSource.manager,
      {
        fields: `${COMMAND_FIELDS}, ${timeToMicroseconds('created_at')} as "createdAtUs"`,
        alias: 'command_log',
        columns: '*',
        from: 'tbl_iot_command_logs command_log',
        where: conditions.length > 0 ? `where ${conditions.join(' and ')}` : '',
        orderBy: 'created_at desc, command_log_id desc',
        bytes: 'coalesce(octet_length(metadata::text), 0) + coalesce(octet_length(response), 0) + octet_length(command)',
        limit: filter.limit,
      },
      values,
    );
  }

  /** Cancels it if it is pending and was never written, and records that in the audit; null when it is not. */
  async cancel(manager: EntityManager, commandLogId: string, actor: AuditActor): Promise<Command | null> {
    const rows = await manager.query<Command[]>(
      `with cancelled as (
         update tbl_iot_command_logs
            set status = 'FAILED', reason = 'cancelled', updated_at = now(), completed_at = now()
          where command_log_id = $1 and status = 'PENDING' and attempts = 0
         returning ${COMMAND_FIELDS}
       ),
       audited as (${auditInsert(
         {
           action: `'command.cancelled'`,
           keyId: '$2::bigint',
           keyName: '$3::text',
           imei: 'imei',
           details: `json_build_object('commandLogId', "commandLogId", 'command', command)`,
           remoteAddress: '$4::text',
           requestId: '$5::text',
         },
         'cancelled',
       )})
       select * from cancelled`,
      [commandLogId, actor.keyId, actor.keyName, actor.remoteAddress, actor.requestId],
    );
    if (rows.length > 0) {
      this.counters.countEnd('FAILED', 'cancelled');
    }
    return rows[0] ?? null;
  }
}
