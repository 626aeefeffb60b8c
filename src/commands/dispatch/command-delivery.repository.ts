import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PipelinedTransaction, PreparedStatement } from '../../platform/database/driver-statements.js';
import { type Command, COMMAND_FIELDS } from '../command.js';
import { type GuardedCommand, type Permit } from '../guards/guard-checks.js';

/** The connection that a device's newest session belongs to, as far as its instance knows. */
export interface SessionConnection {
  readonly id: string;
  readonly epoch: number;
}

/** A device with something to claim, and the connection that claims it. */
export interface Claimer {
  readonly imei: string;
  readonly connection: SessionConnection;
  /** The guarded commands that it may claim, too. */
  readonly permits?: readonly Permit[];
}

/** A device with commands that could be written. */
export interface WaitingDevice {
  readonly imei: string;
  readonly hasUnguarded: boolean;
  readonly guarded: readonly GuardedCommand[];
}

/** `place`: of its claimer in the list, from 1. */
type ClaimedRow = Command & { readonly place: number };

/**
 * For each device and each free reply shape the command that has waited longest, urgent ones before others, and every silent one; of guarded commands
 * only the permitted ones. Chosen first, locked second, so that a claim at the same time never makes this one take the command behind the head. Every table is read by a lateral subquery for one device or command, and
 * the limit makes PostgreSQL expect few rows: it then keeps a plan that looks up rows, also when the plan was made while the tables were empty.
 */
const CLAIM = new PreparedStatement<ClaimedRow>(
  'iot_claim_commands',
  `
  with claimed as materialized (
    select device.place, device.connection_id, head.command_log_id
      from (select * from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as device (imei, connection_id, epoch, place)
             limit $4) device
     cross join lateral (
       select distinct on (case when silent then command_log_id::text else reply_shape end) command_log_id
         from tbl_iot_command_logs waiting
        where waiting.imei = device.imei and status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry
          and expires_at > now() and (guard is null or command_log_id = any ($5::bigint[]))
          and exists (select from tbl_iot_device_sessions session where session.imei = device.imei and session.epoch = device.epoch)
          and (silent or not exists (
            select from tbl_iot_command_logs busy
             where busy.imei = device.imei and busy.in_flight and busy.reply_shape = waiting.reply_shape))
        order by case when silent then command_log_id::text else reply_shape end, urgent desc, queued_at, command_log_id) head
     cross join lateral (
       select from tbl_iot_command_logs log
        where log.command_log_id = head.command_log_id and status = 'PENDING' and not in_flight and device_state is null
          for update skip locked) locked
  ),
  written as (
    update tbl_iot_command_logs log
       set attempts = attempts + 1, in_flight = not silent, socket_uuid = claimed.connection_id, sent_at = now(), updated_at = now(),
           estimated_timeout_at = now() + make_interval(secs => timeout_seconds),
           due_at = now() + make_interval(secs => timeout_seconds)
      from claimed
     where log.command_log_id = claimed.command_log_id
    returning log.*, claimed.place
  ),
  left_open as (
    update tbl_iot_command_attempts attempt set result = 'disconnected', ended_at = now()
      from written
     where attempt.command_log_id = written.command_log_id and written.attempts > 1 and attempt.result is null
  ),
  recorded as (
    insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid, guard_facts)
    select command_log_id, attempts, sent_at, socket_uuid, case when guard is not null then $6::jsonb -> command_log_id::text end from written
  )
  select place::integer as place, ${COMMAND_FIELDS} from written order by urgent desc, command_log_id`,
);

/** SQL of the device side: attempts. Each statement checks by its conditions that it may take the step. */
@Injectable()
export class CommandDeliveryRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Its work calls `claim` first, and `commit` of the transaction last. */
  transaction<T>(work: (transaction: PipelinedTransaction) => Promise<T>): Promise<T> {
    return PipelinedTransaction.run(this.dataSource, work);
  }

  /**
   * Takes what may be written to these devices now and records the attempts. Returns for each claimer its commands, urgent ones first, then in the order of their ids: none
   * for a connection whose session is not the newest of its device. Rejects with a duplicate key when a slot was taken at the same time.
   * Begins the transaction; without one, the claims are committed.
   */
  async claim(claimers: readonly Claimer[], transaction?: PipelinedTransaction): Promise<Command[][]> {
    const permits = claimers.flatMap(({ permits: ofDevice = [] }) => ofDevice);
    const values = [
      claimers.map(({ imei }) => imei),
      claimers.map(({ connection }) => connection.id),
      claimers.map(({ connection }) => connection.epoch),
      claimers.length,
      permits.map(({ commandLogId }) => commandLogId),
      JSON.stringify(Object.fromEntries(permits.map(({ commandLogId, facts }) => [commandLogId, facts]))),
    ];
    const rows = transaction ? (await transaction.begin(CLAIM.with(...values)))[0] : await CLAIM.run(this.dataSource, values);
    const claimed = claimers.map((): Command[] => []);
    rows.forEach(({ place, ...command }) => claimed[place - 1]!.push(command));
    return claimed;
  }

  /** Takes an attempt back of which surely no byte left: the connection had closed before, or its guard was not met any more. */
  async takeBack(commandLogId: string, attempt: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
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

  /**
   * The same for the devices of this instance whose old connection was given a command at the moment of the login: its transaction was committed after
   * the commands of the old connections had been released.
   */
  async releaseOfOtherConnections(instanceId: string): Promise<void> {
    const rows = await this.dataSource.query<{ imei: string; connectionId: string }[]>(
      `select distinct log.imei, session.connection_id::text as "connectionId"
         from tbl_iot_command_logs log
         join tbl_iot_device_sessions session on session.imei = log.imei and session.instance_id = $1
        where log.in_flight and log.device_state is null and log.socket_uuid <> session.connection_id::text and log.attempts <= log.max_retry`,
      [instanceId],
    );
    if (rows.length > 0) {
      const imeis = rows.map(({ imei }) => imei);
      await this.releaseOfOldConnections(
        imeis,
        rows.map(({ connectionId }) => connectionId),
      );
    }
  }

  /** Which devices of this instance have something that could be written. */
  async findWaitingOfInstance(instanceId: string): Promise<WaitingDevice[]> {
    return this.dataSource.query<WaitingDevice[]>(
      `select waiting.imei, bool_or(guard is null) as "hasUnguarded",
              coalesce(json_agg(json_build_object('commandLogId', command_log_id::text, 'imei', waiting.imei, 'guard', guard))
                         filter (where guard is not null), '[]') as guarded
         from tbl_iot_command_logs waiting
         join tbl_iot_device_sessions session on session.imei = waiting.imei and session.instance_id = $1
        where status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry and expires_at > now()
        group by waiting.imei`,
      [instanceId],
    );
  }

  /** Which of these devices have something that could be written. */
  async findWaiting(imeis: readonly string[]): Promise<{ imei: string; hasGuarded: boolean }[]> {
    return this.dataSource.query<{ imei: string; hasGuarded: boolean }[]>(
      `select imei, bool_or(guard is not null) as "hasGuarded" from tbl_iot_command_logs
        where imei = any ($1::text[]) and status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry
          and expires_at > now()
        group by imei`,
      [imeis],
    );
  }
}
