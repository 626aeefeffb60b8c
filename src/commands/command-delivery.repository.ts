import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { stringifyJson } from '../platform/json/json-source.js';
import { type OutboxEvent } from '../platform/outbox/outbox.service.js';
import { COMMAND_FIELDS, type Command, type FailureReason } from './command.js';
import { type DueCommand } from './due-command.js';

/** A reply within this time after "unconfirmed" still completes the command. */
export const LATE_REPLY_HOURS = 24;
const LATE_SINCE = `now() - interval '${LATE_REPLY_HOURS} hours'`;
const SWEPT_AT_A_TIME = 500;

export interface AnswerableCommand extends Command {
  readonly standing: 'in-flight' | 'waiting' | 'late';
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

/** SQL of the device side: claims, replies, time-outs. One statement is one step; who may take it is said by its `where`. */
@Injectable()
export class CommandDeliveryRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Takes what may be written to this device now and records the attempts: for each free reply shape the command that has waited
   * longest, and every silent one. Chosen first, locked second, so that a claim running beside never makes this one take the
   * command behind the head.
   */
  async claim(imei: string, socketUuid: string, { tellRetries, deliver }: RetryTelling): Promise<Command[]> {
    return this.dataSource.query<Command[]>(
      `with head as (
         select distinct on (case when silent then command_log_id::text else reply_shape end) command_log_id
           from tbl_iot_command_logs waiting
          where imei = $1 and status = 'PENDING' and not in_flight and attempts <= max_retry and expires_at > now()
            and (silent or not exists (
              select from tbl_iot_command_logs busy
               where busy.imei = $1 and busy.in_flight and busy.reply_shape = waiting.reply_shape))
          order by case when silent then command_log_id::text else reply_shape end, queued_at, command_log_id
       ),
       claimed as (
         select command_log_id from tbl_iot_command_logs
          where command_log_id in (select command_log_id from head)
            and status = 'PENDING' and not in_flight
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
                'command_log_id', command_log_id::text, 'imei', imei, 'command', command, 'metadata', metadata, 'attempt', attempts), $4)::text end as told
         from written`,
      [imei, socketUuid, tellRetries, deliver],
    );
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

  /** Devices are back by other connections: what their old ones left unanswered may be written again at once, before all others. */
  async releaseOfOldConnections(imeis: readonly string[], socketUuids: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `with released as (
         update tbl_iot_command_logs log
            set in_flight = false, queued_at = created_at, due_at = expires_at, updated_at = now()
           from unnest($1::text[], $2::text[]) as login (imei, socket_uuid)
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
   * the device's whole history. Not locked: `settle` asks again.
   */
  async findAnswerable(imei: string): Promise<AnswerableCommand[]> {
    return this.dataSource.query<AnswerableCommand[]>(
      `select ${COMMAND_FIELDS},
              case when status = 'FAILED' then 'late' when in_flight or silent then 'in-flight' else 'waiting' end as standing
         from tbl_iot_command_logs
        where command_log_id in (
                select command_log_id from tbl_iot_command_logs where imei = $1 and status = 'PENDING'
                union all
                select command_log_id from tbl_iot_command_logs where imei = $1 and reason = 'unconfirmed' and completed_at > ${LATE_SINCE})
          and attempts > 0
        order by sent_at, command_log_id`,
      [imei],
    );
  }

  /**
   * Ends a command as a reply says, with its attempt and its event, in one statement. Null when it is no longer as it was found: whoever
   * ended it or wrote it again in the meantime was first, so that nothing is confirmed twice.
   */
  async settle(
    found: AnswerableCommand,
    { status, reason, result, response, event, deliver }: Settlement,
  ): Promise<{ othersWait: boolean } | null> {
    const [row] = await this.dataSource.query<{ othersWait: boolean }[]>(
      `with settled as (
         update tbl_iot_command_logs
            set late = (status = 'FAILED' and $4 = 'COMPLETED'), status = $4, reason = $5, response = $6, in_flight = false,
                updated_at = now(), completed_at = now()
          where command_log_id = $1 and attempts = $2 and status = $3
         returning command_log_id, imei, attempts
       ),
       ended as (
         update tbl_iot_command_attempts attempt set result = $7, ended_at = now(), reply = $6
           from settled
          where attempt.command_log_id = settled.command_log_id and attempt.attempt = settled.attempts
       )
       select exists (
                select from tbl_iot_command_logs waiting
                 where waiting.imei = settled.imei and waiting.status = 'PENDING' and not waiting.in_flight and waiting.command_log_id <> $1
              ) as "othersWait",
              case when $8::text is not null then iot_append_event(settled.imei, $8, $9::json, $10)::text end as told
         from settled`,
      [
        found.commandLogId,
        found.attempts,
        found.status,
        status,
        reason,
        response,
        result,
        event?.type ?? null,
        event ? stringifyJson(event.body) : null,
        deliver,
      ],
    );
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

  /** Pending commands whose time has come, locked; those that another sweeper holds are its business. */
  async lockDue(manager: EntityManager): Promise<SweptCommand[]> {
    return manager.query<SweptCommand[]>(
      `select ${COMMAND_FIELDS}, in_flight as "inFlight",
              (sent_at is not null and estimated_timeout_at <= now()) as "timedOut", expires_at <= now() as expired
         from tbl_iot_command_logs
        where status = 'PENDING' and due_at <= now()
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
