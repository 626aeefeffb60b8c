import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { stringifyJson } from '../platform/json/json-source.js';
import { PreparedStatement } from '../platform/database/prepared-statement.js';
import { type OutboxEvent } from '../platform/outbox/outbox.service.js';
import { COMMAND_FIELDS, type Command, type FailureReason } from './command.js';
import { CommandCounters } from './command-counters.js';
import { type DueCommand } from './due-command.js';

/** A reply within this time after "unconfirmed" still completes the command. */
const LATE_REPLY_HOURS = 24;
const LATE_SINCE = `now() - interval '${LATE_REPLY_HOURS} hours'`;
const SWEPT_AT_A_TIME = 500;

export interface AnswerableCommand extends Command {
  readonly standing: 'in-flight' | 'postponed' | 'waiting' | 'late';
  readonly mayStillBeAnswered: boolean;
}

/** The connection that a device's newest session belongs to, as far as its instance knows. */
export interface SessionConnection {
  readonly id: string;
  readonly epoch: number;
}

/** How a reply ends a command. */
export interface Settlement {
  readonly status: 'COMPLETED' | 'FAILED';
  readonly reason: FailureReason | null;
  readonly result: 'confirmed' | 'rejected';
  readonly response: string;
  /** Null: nobody is to be told. */
  readonly event: OutboxEvent | null;
  /** The event goes to the host, and not only to its feed. */
  readonly deliver: boolean;
}

/** Whether the host hears of attempts beyond the first, and how. */
export interface RetryTelling {
  readonly tellRetries: boolean;
  readonly deliver: boolean;
}

export interface SweptCommand extends Command, DueCommand {}

const CLAIM = new PreparedStatement<Command>(
  'iot_claim_commands',
  `
  with head as (
    select distinct on (case when silent then command_log_id::text else reply_shape end) command_log_id
      from tbl_iot_command_logs waiting
     where imei = $1 and status = 'PENDING' and not in_flight and attempts <= max_retry and expires_at > now()
       and exists (select from tbl_iot_device_sessions session where session.imei = $1 and session.epoch = $4)
       and (silent or not exists (
         select from tbl_iot_command_logs busy
          where busy.imei = $1 and busy.in_flight and busy.reply_shape = waiting.reply_shape))
     order by case when silent then command_log_id::text else reply_shape end, queued_at, command_log_id
  ),
  claimed as (
    select command_log_id from tbl_iot_command_logs
     where command_log_id in (select command_log_id from head)
       and imei = $1 and status = 'PENDING' and not in_flight
       for update skip locked
  ),
  written as (
    update tbl_iot_command_logs log
       set attempts = attempts + 1, in_flight = not silent, socket_uuid = $2, sent_at = now(), updated_at = now(),
           estimated_timeout_at = now() + make_interval(secs => timeout_seconds),
           due_at = now() + make_interval(secs => timeout_seconds)
      from claimed
     where log.command_log_id = claimed.command_log_id
    returning log.*
  ),
  left_open as (
    update tbl_iot_command_attempts attempt set result = 'disconnected', ended_at = now()
      from written
     where attempt.command_log_id = written.command_log_id and attempt.result is null
  ),
  recorded as (
    insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid)
    select command_log_id, attempts, sent_at, socket_uuid from written
  )
  select ${COMMAND_FIELDS},
         case when $3::boolean and attempts > 1 then iot_append_event(imei, 'command.retried', json_build_object(
           'command_log_id', command_log_id::text, 'imei', imei, 'command', command, 'metadata', metadata, 'attempt', attempts), $5)::text end as told
    from written`,
);

/** No row: the session is not the device's newest. One row without a command: nothing is answerable. */
const FIND_ANSWERABLE = new PreparedStatement<AnswerableCommand | { commandLogId: null }>(
  'iot_find_answerable_commands',
  `
  select ${COMMAND_FIELDS},
         case when status = 'FAILED' then 'late' when in_flight or silent then 'in-flight' else 'waiting' end as standing,
         sent_at + make_interval(secs => 2 * timeout_seconds) > now() as "mayStillBeAnswered"
    from (select from tbl_iot_device_sessions session where session.imei = $1 and session.epoch = $2) newest_session
    left join (
      select * from tbl_iot_command_logs where imei = $1 and status = 'PENDING' and attempts > 0
      union all
      select * from tbl_iot_command_logs where imei = $1 and reason = 'unconfirmed' and completed_at > ${LATE_SINCE}
    ) answerable on true
   order by sent_at, command_log_id`,
);

const SETTLE = new PreparedStatement<{ othersWait: boolean }>(
  'iot_settle_command',
  `
  with settled as (
    update tbl_iot_command_logs
       set late = (status = 'FAILED' and $4 = 'COMPLETED'), status = $4, reason = $5, response = $6, in_flight = false,
           updated_at = now(), completed_at = now()
     where command_log_id = $1 and attempts = $2 and status = $3
       and exists (select from tbl_iot_device_sessions session where session.imei = tbl_iot_command_logs.imei and session.epoch = $10)
    returning imei
  ),
  ended as (
    update tbl_iot_command_attempts set result = $7, ended_at = now(), reply = $6
     where command_log_id = $1 and attempt = $2 and exists (select from settled)
  )
  select exists (
           select from tbl_iot_command_logs waiting
            where waiting.imei = settled.imei and waiting.status = 'PENDING' and not waiting.in_flight and waiting.command_log_id <> $1
         ) as "othersWait",
         case when $8::text is not null then iot_append_event(settled.imei, $8, $9::json, $11)::text end as told
    from settled`,
);

/** SQL of the device side: claims, replies, time-outs. One statement is one step; who may take it is said by its `where`. */
@Injectable()
export class CommandDeliveryRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly counters: CommandCounters = new CommandCounters(),
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Takes what may be written to this device now and records the attempts: for each free reply shape the command that has waited
   * longest, and every silent one. Chosen first, locked second, so that a claim running beside never makes this one take the
   * command behind the head. Nothing for a connection whose session is not the device's newest.
   */
  async claim(imei: string, connection: SessionConnection, { tellRetries, deliver }: RetryTelling): Promise<Command[]> {
    return CLAIM.run(this.dataSource, [imei, connection.id, tellRetries, connection.epoch, deliver]);
  }

  /** Takes an attempt back of which surely no byte left: the connection had closed before. */
  async takeBack(commandLogId: string, attempt: number): Promise<void> {
    await this.transaction(async (manager) => {
      const [rows] = await manager.query<[unknown[], number]>(
        `update tbl_iot_command_logs
            set attempts = attempts - 1, in_flight = false, due_at = expires_at, updated_at = now(),
                sent_at = case when attempts = 1 then null else sent_at end
          where command_log_id = $1 and attempts = $2 and status = 'PENDING'
         returning command_log_id`,
        [commandLogId, attempt],
      );
      if (rows.length > 0) {
        await manager.query('delete from tbl_iot_command_attempts where command_log_id = $1 and attempt = $2', [
          commandLogId,
          attempt,
        ]);
      }
    });
  }

  /**
   * Devices are back by other connections: what their old ones left unanswered may be written again at once, before all others. Not by a
   * connection that has lost its place already: what the newest one has in flight is none of its.
   */
  async releaseOfOldConnections(imeis: readonly string[], socketUuids: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `with released as (
         update tbl_iot_command_logs log
            set in_flight = false, queued_at = created_at, due_at = expires_at, updated_at = now()
           from unnest($1::text[], $2::text[]) as login (imei, socket_uuid)
           join tbl_iot_device_sessions session on session.imei = login.imei and session.connection_id = login.socket_uuid::uuid
          where log.imei = login.imei and log.in_flight and log.socket_uuid <> login.socket_uuid and log.attempts <= log.max_retry
         returning log.command_log_id, log.attempts
       )
       update tbl_iot_command_attempts attempt
          set result = 'disconnected', ended_at = now()
         from released
        where attempt.command_log_id = released.command_log_id and attempt.attempt = released.attempts and attempt.result is null`,
      [imeis, socketUuids],
    );
  }

  /** Which devices of this instance have something that could be written. */
  async findWaitingOfInstance(instanceId: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ imei: string }[]>(
      `select distinct waiting.imei
         from tbl_iot_command_logs waiting
         join tbl_iot_device_sessions session on session.imei = waiting.imei and session.instance_id = $1
        where status = 'PENDING' and not in_flight and attempts <= max_retry and expires_at > now()`,
      [instanceId],
    );
    return rows.map(({ imei }) => imei);
  }

  /** Which of these devices have something that could be written. */
  async findWaiting(imeis: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ imei: string }[]>(
      `select distinct imei from tbl_iot_command_logs
        where imei = any ($1::text[]) and status = 'PENDING' and not in_flight and attempts <= max_retry and expires_at > now()`,
      [imeis],
    );
    return rows.map(({ imei }) => imei);
  }

  /**
   * Commands that a reply of this device may answer, in the order in which they were last written. Looked up by two partial indexes, not by
   * the device's whole history. Not locked: `settle` asks again. Null when the device has a newer session than this one: what an old
   * connection says changes nothing.
   */
  async findAnswerable(imei: string, epoch: number): Promise<AnswerableCommand[] | null> {
    const rows = await FIND_ANSWERABLE.run(this.dataSource, [imei, epoch]);
    return rows.length === 0 ? null : rows.filter((row) => row.commandLogId !== null);
  }

  /**
   * Ends a command as a reply says, with its attempt and its event, in one statement. Null when it is no longer as it was found: whoever
   * ended it or wrote it again in the meantime was first, so that nothing is confirmed twice.
   */
  async settle(
    found: AnswerableCommand,
    epoch: number,
    { status, reason, result, response, event, deliver }: Settlement,
  ): Promise<{ othersWait: boolean } | null> {
    const [row] = await SETTLE.run(this.dataSource, [
      found.commandLogId,
      found.attempts,
      found.status,
      status,
      reason,
      response,
      result,
      event?.type ?? null,
      event ? stringifyJson(event.body) : null,
      epoch,
      deliver,
    ]);
    if (row) {
      this.counters.countEnd(status, status === 'COMPLETED' && found.standing === 'late' ? 'late' : (reason ?? 'none'));
    }
    return row ?? null;
  }

  async fail(manager: EntityManager, commandLogId: string, reason: FailureReason): Promise<Command> {
    const [rows] = await manager.query<[[Command], number]>(
      `update tbl_iot_command_logs
          set status = 'FAILED', reason = $2, in_flight = false, updated_at = now(), completed_at = now()
        where command_log_id = $1
       returning ${COMMAND_FIELDS}`,
      [commandLogId, reason],
    );
    this.counters.countEnd('FAILED', reason);
    return rows[0];
  }

  /** The last attempt was not answered in time. */
  async timeOutAttempt(manager: EntityManager, commandLogId: string): Promise<void> {
    await manager.query(
      `update tbl_iot_command_attempts set result = 'timeout', ended_at = now() where command_log_id = $1 and result is null`,
      [commandLogId],
    );
  }

  /** Words of the device that do not end the command. */
  async noteReply(commandLogId: string, reply: string): Promise<void> {
    await this.dataSource.query(
      `update tbl_iot_command_attempts set reply = $2
        where command_log_id = $1 and attempt = (select max(attempt) from tbl_iot_command_attempts where command_log_id = $1)`,
      [commandLogId, reply],
    );
  }

  /**
   * Pending commands whose time has come, locked; those that another sweeper holds are its business. "-infinity" is said for the index that
   * only this query may use.
   */
  async lockDue(manager: EntityManager): Promise<SweptCommand[]> {
    return manager.query<SweptCommand[]>(
      `select ${COMMAND_FIELDS}, in_flight as "inFlight",
              (sent_at is not null and estimated_timeout_at <= now()) as "timedOut", expires_at <= now() as expired
         from tbl_iot_command_logs
        where status = 'PENDING' and due_at > '-infinity' and due_at <= now()
        order by due_at
        limit ${SWEPT_AT_A_TIME}
          for update skip locked`,
    );
  }

  /**
   * Gives slots back after a time-out; the command queues up behind those that wait. A live command keeps the time that its
   * remaining attempts need: the sweeper's own delay must not cost it its last one.
   */
  async release(manager: EntityManager, commandLogIds: readonly string[]): Promise<void> {
    await manager.query(
      `update tbl_iot_command_logs log
          set in_flight = false, queued_at = now(), updated_at = now(), expires_at = life.expires_at, due_at = life.expires_at
         from (
           select command_log_id,
                  case mode when 'live' then greatest(expires_at, now() + make_interval(secs => (max_retry - attempts + 1) * timeout_seconds))
                            else expires_at end as expires_at
             from tbl_iot_command_logs where command_log_id = any ($1::bigint[])
         ) life
        where log.command_log_id = life.command_log_id`,
      [commandLogIds],
    );
  }

  /** A command that is not due after all looks at the right time. */
  async reschedule(manager: EntityManager, commandLogIds: readonly string[]): Promise<void> {
    await manager.query(
      `update tbl_iot_command_logs
          set due_at = case when in_flight or attempts > max_retry then greatest(estimated_timeout_at, now() + interval '100 milliseconds')
                            else greatest(expires_at, now() + interval '100 milliseconds') end
        where command_log_id = any ($1::bigint[])`,
      [commandLogIds],
    );
  }
}
