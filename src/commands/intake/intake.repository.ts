import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { auditInsert } from '../../access/audit/audit-entry.js';
import { COMMAND_LOCKS } from '../../platform/database/advisory-locks.js';
import { PipelinedTransaction, PreparedStatement } from '../../platform/database/driver-statements.js';
import { type CommandStatus } from '../command.js';
import {
  type AuditedRequest,
  type DeviceSession,
  type EndedCommand,
  type IntakePlan,
  type IntakeRow,
  type IntakeState,
  type KnownRequest,
  type NewCommand,
  type OverlappingCommand,
  type SlotUser,
} from './intake-plan.js';

const IDEMPOTENCY_HOURS = 24;

/**
 * Locks the devices of a batch until the transaction ends, so that their commands are counted and ended by one transaction at a time. In the
 * order of the lock's own key: batches with devices in common wait for each other and never deadlock.
 */
const LOCK_DEVICES = new PreparedStatement<Record<string, never>>(
  'iot_intake_lock_devices',
  `select pg_advisory_xact_lock(${COMMAND_LOCKS}, device.key)
     from (select distinct hashtext(imei) as key from unnest($1::text[]) as request (imei) order by key) device`,
);

interface StateRow {
  readonly devices: readonly DeviceRow[];
  readonly overlapping: OverlappingCommand[] | null;
  readonly keys: readonly KeyRow[] | null;
  readonly newIds: string[];
  readonly now: Date;
}

interface DeviceRow {
  readonly imei: string;
  readonly open: number;
  readonly session: DeviceSession | null;
  readonly slotUsers: readonly SlotUser[] | null;
}

interface KeyRow {
  readonly key: string;
  readonly commandLogId: string;
  readonly status: CommandStatus;
  readonly requestHash: string;
  readonly isExpired: boolean;
}

/**
 * A statement of its own, after the locks: its snapshot contains what was committed while they were waited for. Locks the commands that may end,
 * in the order of their ids, as everything does that locks several commands. Other open commands stay unlocked: a claim skips what is locked.
 *
 * Every table is read by a lateral subquery for one device, key or id. With `= any (array)`, or a join, a plan that was made while the tables
 * were empty reads them whole.
 */
const READ_STATE = new PreparedStatement<StateRow>(
  'iot_intake_read_state',
  `
  with request as materialized (
    select imei, command, targets::text[] as targets, replaces::text[] as replaces
      from unnest($1::text[], $2::text[], $3::text[], $6::text[]) as request (imei, command, targets, replaces)
     limit $5
  ),
  overlapping as (
    select locked.*
      from (
        select distinct older.command_log_id
          from request cross join lateral (
            select log.command_log_id from tbl_iot_command_logs log
             where log.imei = request.imei and log.status = 'PENDING'
               and (log.command = request.command or log.targets && request.targets or log.action = any (request.replaces))
            offset 0) older
         order by older.command_log_id) older
     cross join lateral (
       select log.command_log_id, log.imei, log.command, log.targets, log.action, log.attempts, log.metadata, log.response,
              log.awaited_by
         from tbl_iot_command_logs log
        where log.command_log_id = older.command_log_id and log.status = 'PENDING'
          for update) locked
  )
  select (
           select json_agg(json_build_object(
                    'imei', device.imei, 'session', session.session, 'open', open.commands, 'slotUsers', open.slot_users))
             from (select distinct imei from request) device
            cross join lateral (
              select count(*) as commands,
                     json_agg(json_build_object(
                       'commandLogId', log.command_log_id::text, 'replyShape', log.reply_shape, 'inFlight', log.in_flight,
                       'urgent', log.urgent))
                       filter (where not log.silent and log.device_state is distinct from 'queued' and (log.guard is null or log.in_flight)) as slot_users
                from tbl_iot_command_logs log where log.imei = device.imei and log.status = 'PENDING') open
             left join lateral (
              select json_build_object('instance', known.instance_id, 'epoch', known.epoch) as session
                from tbl_iot_device_sessions known where known.imei = device.imei offset 0) session on true
         ) as devices,
         (
           select json_agg(json_build_object(
                    'commandLogId', command_log_id::text, 'imei', imei, 'command', command, 'targets', targets, 'action', action,
                    'attempts', attempts, 'metadata', metadata::text, 'response', response, 'awaitedBy', awaited_by)
                    order by command_log_id)
             from overlapping
         ) as overlapping,
         (
           select json_agg(json_build_object(
                    'key', key, 'commandLogId', known.command_log_id::text, 'status', known.status,
                    'requestHash', encode(known.request_hash, 'hex'),
                    'isExpired', known.created_at <= now() - interval '${IDEMPOTENCY_HOURS} hours'))
             from (select * from unnest($4::text[]) as given (key) limit $5) given
            cross join lateral (select * from tbl_iot_command_logs log where log.idempotency_key = key offset 0) known
         ) as keys,
         array(select nextval('tbl_iot_command_logs_command_log_id_seq')::text from (select from generate_series(1, $5) limit $5) new) as "newIds",
         clock_timestamp() as now`,
);

/** Everything that every batch writes: the rows, their audit entries, and the wake-ups of other instances. */
const WRITE = new PreparedStatement<Record<string, never>>(
  'iot_intake_write',
  `
  with inserted as (
    insert into tbl_iot_command_logs (
      command_log_id, imei, command, codec, reply_shape, targets, silent, mode, max_retry, timeout_seconds, postponed_seconds, metadata,
      idempotency_key, request_hash, estimated_timeout_at, expires_at, due_at, status, reason, superseded_by, completed_at,
      attempts, in_flight, socket_uuid, sent_at, awaited_by, action, action_params, urgent, guard)
    overriding system value
    select id, imei, command, codec, shape, targets, silent, mode, retry, timeout, postponed, metadata::json, key, decode(hash, 'hex'),
           now() + make_interval(secs => timeout), least(now() + make_interval(secs => life), (guard ->> 'notAfter')::timestamptz),
           least(now() + make_interval(secs => case when socket is null then life else timeout end), (guard ->> 'notAfter')::timestamptz),
           case when reason is null then 'PENDING' else 'FAILED' end, reason, superseded, case when reason is not null then now() end,
           case when socket is null then 0 else 1 end, socket is not null and not silent, socket, case when socket is not null then clock_timestamp() end,
           awaited, action, params::json, urgent, guard
      from json_to_recordset($1::json) as row (
        id bigint, imei text, command text, codec smallint, shape text, targets text[], silent boolean, mode text, retry integer,
        timeout integer, postponed integer, life integer, metadata text, key text, hash text, reason text, superseded bigint,
        socket text, awaited uuid, action text, params text, urgent boolean, guard jsonb)
    returning command_log_id, attempts, sent_at, socket_uuid
  ),
  written as (
    insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid)
    select command_log_id, attempts, sent_at, socket_uuid from inserted where attempts > 0
  ),
  audited as (
    ${auditInsert(
      {
        action: `'command.created'`,
        keyId: 'key_id',
        keyName: 'key_name',
        imei: 'imei',
        details: `json_build_object('commandLogId', id, 'command', command)`,
        remoteAddress: 'address',
        requestId: 'request_id',
      },
      `json_to_recordset($2::json) as accepted (key_id bigint, key_name text, imei text, id text, command text, address text, request_id text)`,
    )}
  )
  select pg_notify('iot_instance_' || replace(woken.instance, '-', ''), woken.message)
    from unnest($3::text[], $4::text[]) as woken (instance, message)`,
);

/**
 * SQL of the intake. Hand-written, because each statement handles a whole batch: two round trips for the transaction, whatever the number of
 * requests is.
 */
@Injectable()
export class IntakeRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Its work calls `lockAndRead` first and `writeAndCommit` last. */
  transaction<T>(work: (transaction: PipelinedTransaction) => Promise<T>): Promise<T> {
    return PipelinedTransaction.run(this.dataSource, work);
  }

  /** Locks the devices of the batch until the transaction ends, and reads what the rules ask for. Releases expired idempotency keys. */
  async lockAndRead(transaction: PipelinedTransaction, commands: readonly NewCommand[]): Promise<IntakeState> {
    const imeis = commands.map(({ imei }) => imei);
    const texts = commands.map(({ command }) => command);
    const targets = commands.map((command) => arrayLiteral(command.targets));
    const replaces = commands.map((command) => arrayLiteral(command.replaces));
    const idempotencyKeys = [...new Set(commands.flatMap(({ idempotencyKey }) => idempotencyKey ?? []))];
    const [, [state]] = await transaction.begin(
      LOCK_DEVICES.with(imeis),
      READ_STATE.with(imeis, texts, targets, idempotencyKeys, commands.length, replaces),
    );
    const { devices, overlapping, keys, newIds, now } = state!;
    const expired = keys?.filter(({ isExpired }) => isExpired) ?? [];
    await this.releaseKeys(transaction.manager, expired);
    return {
      sessions: new Map(devices.flatMap(({ imei, session }) => (session === null ? [] : [[imei, session]]))),
      slotUsers: new Map(devices.map(({ imei, slotUsers }) => [imei, slotUsers ?? []])),
      openCommands: new Map(devices.map(({ imei, open }) => [imei, open])),
      overlapping: overlapping ?? [],
      knownKeys: new Map(keys?.filter(({ isExpired }) => !isExpired).map((row) => [row.key, toKnownRequest(row)])),
      newIds,
      now,
    };
  }

  /** Older commands end first: a new one may take the slot of one of them. */
  async writeAndCommit(transaction: PipelinedTransaction, { rows, ended, audited, wakes }: IntakePlan): Promise<void> {
    if (audited.length === 0) {
      await transaction.commit();
      return;
    }
    await this.endCommands(transaction.manager, ended);
    const write = WRITE.with(
      JSON.stringify(rows.map(toRecord)),
      JSON.stringify(audited.map(toAuditRecord)),
      wakes.map(({ instance }) => instance),
      wakes.map(({ imei, isGuarded }) => `${isGuarded ? 'guarded-command' : 'command'} ${imei}`),
    );
    await transaction.commit(write);
  }

  /** Few batches end older commands. Not prepared, so that each plan knows the size of the tables. */
  private async endCommands(manager: EntityManager, ended: readonly EndedCommand[]): Promise<void> {
    if (ended.length === 0) {
      return;
    }
    await manager.query(
      `with ended as (
         update tbl_iot_command_logs log
            set status = 'FAILED', reason = newer.reason, superseded_by = newer.id, in_flight = false, updated_at = now(), completed_at = now()
           from unnest($1::bigint[], $2::bigint[], $3::text[]) as newer (ended_id, id, reason)
          where log.command_log_id = newer.ended_id
       )
       update tbl_iot_command_attempts set result = 'superseded', ended_at = now()
        where command_log_id = any ($1::bigint[]) and result is null`,
      [
        ended.map(({ commandLogId }) => commandLogId),
        ended.map(({ supersededBy }) => supersededBy),
        ended.map(({ reason }) => reason),
      ],
    );
  }

  private async releaseKeys(manager: EntityManager, expired: readonly KeyRow[]): Promise<void> {
    if (expired.length > 0) {
      await manager.query('update tbl_iot_command_logs set idempotency_key = null where idempotency_key = any ($1::text[])', [
        expired.map(({ key }) => key),
      ]);
    }
  }
}

function toKnownRequest({ commandLogId, status, requestHash }: KeyRow): KnownRequest {
  return { commandLogId, status, requestHash: Buffer.from(requestHash, 'hex') };
}

function toAuditRecord({ actor, imei, commandLogId, command }: AuditedRequest): Record<string, unknown> {
  return {
    key_id: actor.keyId,
    key_name: actor.keyName,
    imei,
    id: commandLogId,
    command,
    address: actor.remoteAddress,
    request_id: actor.requestId,
  };
}

/** Short names: they are repeated in every row. */
function toRecord({ commandLogId, command, supersession, claim }: IntakeRow): Record<string, unknown> {
  return {
    id: commandLogId,
    imei: command.imei,
    command: command.command,
    codec: command.codec,
    shape: command.replyShape,
    targets: command.targets,
    silent: command.silent,
    mode: command.mode,
    retry: command.maxRetry,
    timeout: command.timeoutSeconds,
    postponed: command.postponedSeconds,
    life: command.lifeSeconds,
    metadata: command.metadata,
    key: command.idempotencyKey,
    hash: command.requestHash.toString('hex'),
    reason: supersession?.reason ?? null,
    superseded: supersession?.supersededBy ?? null,
    socket: claim?.id ?? null,
    action: command.action,
    params: command.actionParams,
    urgent: command.urgent,
    awaited: command.awaitedBy ?? null,
    guard: command.guard,
  };
}

/** An array as one text, since the arrays of a batch differ in length and PostgreSQL has no such array of arrays. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
