import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { type Command, COMMAND_FIELDS, type FailureReason } from '../command.js';
import { CommandCounters } from '../command-counters.js';
import { type DueCommand } from './due-command.js';
import { UnansweredWritings } from '../replies/unanswered-writings.js';

const SWEPT_AT_A_TIME = 500;

/** The connection that a device's newest session belongs to, as far as its instance knows. */
export interface SessionConnection {
  readonly id: string;
  readonly epoch: number;
}

/** Whether events of attempts after the first are recorded, and delivered. */
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
     where imei = $1 and status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry and expires_at > now()
       and exists (select from tbl_iot_device_sessions session where session.imei = $1 and session.epoch = $4)
       and (silent or not exists (
         select from tbl_iot_command_logs busy
          where busy.imei = $1 and busy.in_flight and busy.reply_shape = waiting.reply_shape))
     order by case when silent then command_log_id::text else reply_shape end, queued_at, command_log_id
  ),
  claimed as (
    select command_log_id from tbl_iot_command_logs
     where command_log_id in (select command_log_id from head)
       and imei = $1 and status = 'PENDING' and not in_flight and device_state is null
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

/** SQL of the device side: claims and time-outs. One statement is one step, and its `where` decides who may take it. */
@Injectable()
export class CommandDeliveryRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly counters: CommandCounters = new CommandCounters(),
    private readonly unanswered: UnansweredWritings = new UnansweredWritings(),
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
    const claimed = await CLAIM.run(this.dataSource, [imei, connection.id, tellRetries, connection.epoch, deliver]);
    claimed.forEach((command) => this.unanswered.add(connection.id, command));
    return claimed;
  }

  /** Takes an attempt back of which surely no byte left: the connection had closed before. */
  async takeBack(commandLogId: string, attempt: number, connectionId: string): Promise<void> {
    this.unanswered.removeNewest(connectionId, commandLogId);
    await this.transaction(async (manager) => {
      const [rows] = await manager.query<[unknown[], number]>(
        `update tbl_iot_command_logs
            set attempts = attempts - 1, in_flight = false, due_at = expires_at, updated_at = now(),
                sent_at = case when attempts = 1 then null else sent_at end
          where command_log_id = $1 and attempts = $2 and status = 'PENDING' and device_state is null
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
   * Devices are back by other connections: what their old ones left unanswered may be written again at once, before all others. Not what the
   * device has answered in words that no pattern knows. A connection that has been replaced already releases nothing. Locked in the order of
   * the ids, as the intake does it.
   */
  async releaseOfOldConnections(imeis: readonly string[], socketUuids: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `with unanswered as (
         select log.command_log_id
           from unnest($1::text[], $2::text[]) as login (imei, socket_uuid)
           join tbl_iot_device_sessions session on session.imei = login.imei and session.connection_id = login.socket_uuid::uuid
           join tbl_iot_command_logs log on log.imei = login.imei
          where log.in_flight and log.device_state is null and log.socket_uuid <> login.socket_uuid and log.attempts <= log.max_retry
          order by log.command_log_id
            for update of log
       ),
       released as (
         update tbl_iot_command_logs log
            set in_flight = false, queued_at = created_at, due_at = expires_at, updated_at = now()
           from unanswered
          where log.command_log_id = unanswered.command_log_id
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
        where status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry and expires_at > now()`,
      [instanceId],
    );
    return rows.map(({ imei }) => imei);
  }

  /** Which of these devices have something that could be written. */
  async findWaiting(imeis: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ imei: string }[]>(
      `select distinct imei from tbl_iot_command_logs
        where imei = any ($1::text[]) and status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry
          and expires_at > now()`,
      [imeis],
    );
    return rows.map(({ imei }) => imei);
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

  /**
   * Pending commands whose time has come, locked; those that another sweeper holds are skipped. "-infinity" is there for the index that only
   * this query may use.
   * @param except devices whose commands are left alone: a reply of theirs waits to be stored.
   */
  async lockDue(manager: EntityManager, except: readonly string[]): Promise<SweptCommand[]> {
    return manager.query<SweptCommand[]>(
      `select ${COMMAND_FIELDS}, in_flight as "inFlight",
              (sent_at is not null and estimated_timeout_at <= now()) as "timedOut", expires_at <= now() as expired
         from tbl_iot_command_logs
        where status = 'PENDING' and due_at > '-infinity' and due_at <= now() and imei <> all ($1::text[])
        order by due_at
        limit ${SWEPT_AT_A_TIME}
          for update skip locked`,
      [except],
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
          set due_at = greatest(now() + interval '100 milliseconds',
                                case when device_state is distinct from 'queued' and (in_flight or attempts > max_retry)
                                     then estimated_timeout_at else expires_at end)
        where command_log_id = any ($1::bigint[])`,
      [commandLogIds],
    );
  }
}
