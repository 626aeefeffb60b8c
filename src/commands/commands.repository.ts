import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { auditInsert } from '../access/audit/audit-entry.js';
import { type Page, readPage } from '../platform/database/bounded-page.js';
import { sqlState } from '../platform/database/database-errors.js';
import { PreparedStatement } from '../platform/database/driver-statements.js';
import { CommandCounters } from './command-counters.js';
import { CommandDeviceNotConnectedError, TooManyOpenCommandsError } from './commands.errors.js';
import {
  type Command,
  COMMAND_FIELDS,
  type CommandAttempt,
  type CommandCodec,
  type CommandMode,
  type CommandStatus,
  type FailureReason,
} from './command.js';

export interface CreatedCommand {
  readonly commandLogId: string;
  readonly status: CommandStatus;
  readonly same: boolean;
  /** The instance that holds the device, null when none does. */
  readonly holder: string | null;
  /** Written commands with an overlapping target that it has ended: their failures are in the event log. */
  readonly contradicted: number;
}

/** Whether failures are recorded as events, and delivered. */
export interface FailureEvents {
  readonly record: boolean;
  readonly deliver: boolean;
}

export interface NewCommand {
  readonly imei: string;
  readonly command: string;
  readonly codec: CommandCodec;
  readonly replyShape: string;
  /** What it sets: a newer command with an overlapping target ends this one. */
  readonly targets: readonly string[];
  readonly silent: boolean;
  readonly mode: CommandMode;
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  readonly lifeSeconds: number;
  readonly postponedSeconds: number;
  /** JSON text. */
  readonly metadata: string | null;
  /** Begins with the API key that it belongs to. */
  readonly idempotencyKey: string | null;
  readonly requestHash: Buffer;
}

export interface CommandFilter {
  readonly imei: string | null;
  readonly status: CommandStatus | null;
  readonly reason: FailureReason | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** The last one seen: when it was created, in microseconds since 1970, and its id. */
  readonly after: { readonly createdAtUs: string; readonly id: string } | null;
  readonly limit: number;
}

/** More than a command can have by itself. */
const MAX_ATTEMPTS = 1_000;

export type ListedCommand = Command & { readonly cursor: string };

const IDEMPOTENCY_HOURS = 24;
/** Reads the CTE, so that an expired key is released before the function looks for it. */
const KEY_AFTER_RELEASE = 'select case when count(*) >= 0 then $13::text end from released';

/** The audit entry is a part of it: both are written, or neither. A request that repeats an earlier one has an entry too. */
const CREATE = new PreparedStatement<CreatedCommand>(
  'iot_create_command',
  `
  with released as (
    update tbl_iot_command_logs set idempotency_key = null
     where idempotency_key = $13::text and created_at <= now() - interval '${IDEMPOTENCY_HOURS} hours'
    returning 1
  ),
  created as (
    select id, state, same, holder, contradicted
      from iot_create_command($1, $2, $3::smallint, $4, $5::text[], $6, $7, $8, $9, $10, $11, $12::json, (${KEY_AFTER_RELEASE}),
                              $14, $15, $16, $17, $18)
  ),
  audited as (
    ${auditInsert(
      {
        action: `'command.created'`,
        keyId: '$19::bigint',
        keyName: '$20::text',
        imei: '$1',
        details: `json_build_object('commandLogId', id::text, 'command', $2)`,
        remoteAddress: '$21::text',
        requestId: '$22::text',
      },
      'created where same',
    )}
  )
  select id::text as "commandLogId", state as status, same, holder, contradicted from created`,
);

/** SQL of the REST side: commands come in, are looked at, and are cancelled. Time is the database's. */
@Injectable()
export class CommandsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly counters: CommandCounters = new CommandCounters(),
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Puts a command into the ledger (see the function in the migration), ends the open ones with the same text or an overlapping target, and wakes
   * the instance that holds the device when it is another one. `same` is false when its idempotency key was used for another request.
   * Throws CommandDeviceNotConnectedError, TooManyOpenCommandsError.
   */
  async create(
    command: NewCommand,
    actor: AuditActor,
    ownInstance: string,
    mostOpen: number,
    failures: FailureEvents,
  ): Promise<CreatedCommand> {
    try {
      const [row] = await CREATE.run(this.dataSource, [
        command.imei,
        command.command,
        command.codec,
        command.replyShape,
        command.targets,
        command.silent,
        command.mode,
        command.maxRetry,
        command.timeoutSeconds,
        command.lifeSeconds,
        command.postponedSeconds,
        command.metadata,
        command.idempotencyKey,
        command.requestHash,
        ownInstance,
        mostOpen,
        failures.record,
        failures.deliver,
        actor.keyId,
        actor.keyName,
        actor.remoteAddress,
        actor.requestId,
      ]);
      this.counters.accepted++;
      this.counters.countEnd('FAILED', 'unconfirmed', row?.contradicted ?? 0);
      return row!;
    } catch (error) {
      switch (sqlState(error)) {
        case 'IOT04':
          throw new CommandDeviceNotConnectedError();
        case 'IOT29':
          throw new TooManyOpenCommandsError(mostOpen);
        default:
          throw error;
      }
    }
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
        `(created_at, command_log_id) < (timestamptz 'epoch' + ${placed(filter.after.createdAtUs)}::bigint * interval '1 microsecond', ${placed(filter.after.id)}::bigint)`,
    ].filter((condition) => condition !== false);
    return readPage<ListedCommand>(
      this.dataSource.manager,
      {
        fields: `${COMMAND_FIELDS}, (extract(epoch from created_at) * 1000000)::bigint || '_' || command_log_id as cursor`,
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
