import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  COMMAND_FIELDS,
  type Command,
  type CommandAttempt,
  type CommandCodec,
  type CommandMode,
  type CommandStatus,
  type FailureReason,
} from './command.js';

/** Namespace of the advisory locks that order what is done to one device's commands. */
const DEVICE_LOCK = 731_020;

export interface NewCommand {
  readonly imei: string;
  readonly command: string;
  readonly codec: CommandCodec;
  readonly replyShape: string;
  readonly silent: boolean;
  readonly mode: CommandMode;
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  readonly lifeSeconds: number;
  /** JSON text. */
  readonly metadata: string | null;
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

/** SQL of the REST side: commands come in, are looked at, and are cancelled. Time is the database's. */
@Injectable()
export class CommandsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Until the transaction ends nobody else adds a command for this device: what is counted and superseded stays so. */
  async lockDevice(manager: EntityManager, imei: string): Promise<void> {
    await manager.query('select pg_advisory_xact_lock($1, hashtext($2))', [DEVICE_LOCK, imei]);
  }

  async findByIdempotencyKey(manager: EntityManager, key: string): Promise<{ command: Command; requestHash: Buffer } | null> {
    const [row] = await manager.query<(Command & { requestHash: Buffer })[]>(
      `select ${COMMAND_FIELDS}, request_hash as "requestHash" from tbl_iot_command_logs where idempotency_key = $1`,
      [key],
    );
    return row ? { command: row, requestHash: row.requestHash } : null;
  }

  /** Ends the pending commands of the same text: a newer one takes their place. */
  async supersede(manager: EntityManager, imei: string, command: string): Promise<void> {
    const [rows] = await manager.query<[{ commandLogId: string; attempts: number }[], number]>(
      `update tbl_iot_command_logs
          set status = 'FAILED', reason = 'superseded', in_flight = false, updated_at = now(), completed_at = now()
        where imei = $1 and status = 'PENDING' and command = $2
       returning command_log_id::text as "commandLogId"`,
      [imei, command],
    );
    // A statement of its own: the one above may have waited for a claim, whose attempt its snapshot does not hold.
    await manager.query(
      `update tbl_iot_command_attempts set result = 'superseded', ended_at = now()
        where command_log_id = any ($1::bigint[]) and result is null`,
      [rows.map(({ commandLogId }) => commandLogId)],
    );
  }

  async countOpen(manager: EntityManager, imei: string): Promise<number> {
    const [row] = await manager.query<[{ count: number }]>(
      `select count(*)::int as count from tbl_iot_command_logs where imei = $1 and status = 'PENDING'`,
      [imei],
    );
    return row.count;
  }

  async insert(manager: EntityManager, command: NewCommand): Promise<Command> {
    const [row] = await manager.query<[Command]>(
      `insert into tbl_iot_command_logs (
         imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, metadata, idempotency_key, request_hash,
         estimated_timeout_at, expires_at, due_at
       ) values (
         $1, $2, $3, $4, $5, $6, $7, $8::integer, $9::json, $10, $11,
         now() + make_interval(secs => $8::integer), now() + make_interval(secs => $12), now() + make_interval(secs => $12)
       )
       returning ${COMMAND_FIELDS}`,
      [
        command.imei,
        command.command,
        command.codec,
        command.replyShape,
        command.silent,
        command.mode,
        command.maxRetry,
        command.timeoutSeconds,
        command.metadata,
        command.idempotencyKey,
        command.requestHash,
        command.lifeSeconds,
      ],
    );
    return row;
  }

  async find(commandLogId: string): Promise<Command | null> {
    const [row] = await this.dataSource.query<Command[]>(
      `select ${COMMAND_FIELDS} from tbl_iot_command_logs where command_log_id = $1`,
      [commandLogId],
    );
    return row ?? null;
  }

  async findAttempts(commandLogId: string): Promise<CommandAttempt[]> {
    return this.dataSource.query<CommandAttempt[]>(
      `select attempt, sent_at as "sentAt", socket_uuid as "socketUuid", result, ended_at as "endedAt", reply
         from tbl_iot_command_attempts where command_log_id = $1 order by attempt`,
      [commandLogId],
    );
  }

  /** Newest first. Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
  async list(filter: CommandFilter): Promise<(Command & { cursor: string })[]> {
    const values: unknown[] = [];
    const placed = (value: unknown): string => `$${values.push(value)}`;
    const conditions = [
      filter.imei !== null && `imei = ${placed(filter.imei)}`,
      filter.status !== null && `status = ${placed(filter.status)}`,
      filter.reason !== null && `reason = ${placed(filter.reason)}`,
      filter.from !== null && `created_at >= ${placed(filter.from)}`,
      filter.to !== null && `created_at < ${placed(filter.to)}`,
      filter.after !== null &&
        `(created_at, command_log_id) < (timestamptz 'epoch' + ${placed(filter.after.createdAtUs)}::bigint * interval '1 microsecond', ${placed(filter.after.id)}::bigint)`,
    ].filter((condition) => condition !== false);
    return this.dataSource.query<(Command & { cursor: string })[]>(
      `select ${COMMAND_FIELDS}, (extract(epoch from created_at) * 1000000)::bigint || '_' || command_log_id as cursor
         from tbl_iot_command_logs
        ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
        order by created_at desc, command_log_id desc
        limit ${placed(filter.limit)}`,
      values,
    );
  }

  /** Cancels it if it is pending and was never written; null when it is not. */
  async cancel(manager: EntityManager, commandLogId: string): Promise<Command | null> {
    const [rows] = await manager.query<[Command[], number]>(
      `update tbl_iot_command_logs
          set status = 'FAILED', reason = 'cancelled', updated_at = now(), completed_at = now()
        where command_log_id = $1 and status = 'PENDING' and attempts = 0
       returning ${COMMAND_FIELDS}`,
      [commandLogId],
    );
    return rows[0] ?? null;
  }

  /** Wakes the instance that holds the device, when the transaction commits. What is lost of this, polling finds. */
  async notify(manager: EntityManager, imei: string): Promise<void> {
    await manager.query(`select pg_notify('iot_commands', $1)`, [imei]);
  }
}
