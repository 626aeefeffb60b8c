import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { PipelinedTransaction, PreparedStatement } from '../../platform/database/driver-statements.js';
import { type Command, COMMAND_FIELDS } from '../command.js';
import { type ReplyOrigin } from '../in-flight/kept-replies.js';
import { notificationOfEnd } from '../waiting/command-ends.js';

/** A reply within this time after "unconfirmed" or "unrecognised" still completes the command. */
const LATE_REPLY_HOURS = 24;
const LATE_SINCE = `now() - interval '${LATE_REPLY_HOURS} hours'`;

/** `ageSeconds`: how long ago the reply came. */
export interface AgedReply extends ReplyOrigin {
  readonly ageSeconds: number;
}

export interface AnswerableCommand extends Command {
  readonly standing: 'in-flight' | 'postponed' | 'waiting' | 'late';
  /** When the reply came, its answer was not overdue by more than another time-out. */
  readonly mayStillBeAnswered: boolean;
  /** The attempt that a reply of this connection answers: the last one that was written to it. */
  readonly answeredAttempt: number;
}

/** A command that a reply answers: as it was found, or as this instance has written it. */
export type AnsweredCommand = Pick<
  AnswerableCommand,
  | 'commandLogId'
  | 'imei'
  | 'command'
  | 'action'
  | 'metadata'
  | 'attempts'
  | 'status'
  | 'deviceState'
  | 'supersededBy'
  | 'standing'
  | 'answeredAttempt'
>;

/** What a reply does to a command, which must still be as it was found. */
export interface ReplyEffect {
  readonly command: Pick<AnsweredCommand, 'commandLogId' | 'attempts' | 'status' | 'deviceState' | 'answeredAttempt'>;
  readonly epoch: number;
  readonly verdict: 'completed' | 'rejected' | 'postponed' | 'unrecognised';
  readonly response: string;
  /**
   * The command was not looked up. It must be in flight, and nothing that was written to the device by an older connection may be in flight too: that
   * could be meant as well.
   */
  readonly isHint: boolean;
}

export interface AppliedEffect {
  /** Another command of the device waits, perhaps for the slot that is free now. */
  readonly othersWait: boolean;
  readonly expiresAt: Date;
}

/** An aggregate, not an exists: PostgreSQL would look up an exists by a hash of all attempts there are. */
const LAST_WRITTEN_HERE = `(
  select max(written.attempt) from tbl_iot_command_attempts written
   where written.command_log_id = answerable.command_log_id and written.socket_uuid = reply.connection_id)`;

const NOTIFICATION_OF_END = notificationOfEnd({ awaitedBy: 'awaited_by', commandLogId: 'command_log_id', ownInstance: '$10' });

const POSTPONED_UNTIL = `least(now() + make_interval(secs => postponed_seconds), (log.guard ->> 'notAfter')::timestamptz)`;

type FoundRow = { readonly place: number } & (AnswerableCommand | { readonly commandLogId: null });

/**
 * No row of a reply: another instance owns the device now. One row without a command: nothing can be answered. A connection that is not the newest
 * any more (the device has logged in again at this instance, or is not connected) answers what was written to it, and nothing else.
 *
 * Every table is read by a lateral subquery for one device or command. A join would get a plan that reads whole tables, when it was made while
 * they were empty. The limit is the number of replies, without which PostgreSQL plans every run (see PreparedStatement).
 */
const FIND_ANSWERABLE = new PreparedStatement<FoundRow>(
  'iot_find_answerable_commands',
  `
  select reply.place::integer as place, answerable.*
    from (select * from unnest($1::text[], $2::bigint[], $3::text[], $4::float8[]) with ordinality as reply (imei, epoch, connection_id, age, place)
           limit $6) reply
   cross join lateral (
     select coalesce(session.epoch = reply.epoch, false) as is_newest
       from (select) one left join lateral (
         select epoch, instance_id from tbl_iot_device_sessions known where known.imei = reply.imei offset 0) session on true
      where session.epoch is null or session.epoch <= reply.epoch or session.instance_id = $5) connection
    left join lateral (
      select ${COMMAND_FIELDS},
             case when is_newest then attempts else ${LAST_WRITTEN_HERE} end as "answeredAttempt",
             case when status = 'FAILED' then 'late'
                  when device_state = 'queued' then 'postponed'
                  when in_flight or silent then 'in-flight'
                  when not is_newest and (
                    select bool_or(coalesce(written.result, 'disconnected') = 'disconnected') from tbl_iot_command_attempts written
                     where written.command_log_id = answerable.command_log_id and written.socket_uuid = reply.connection_id) then 'in-flight'
                  else 'waiting' end as standing,
             sent_at + make_interval(secs => 2 * timeout_seconds) > now() - make_interval(secs => reply.age) as "mayStillBeAnswered"
        from (
          select * from tbl_iot_command_logs open where open.imei = reply.imei and status = 'PENDING' and attempts > 0
          union all
          select * from tbl_iot_command_logs ended
           where ended.imei = reply.imei and reason in ('unconfirmed', 'unrecognised') and completed_at > ${LATE_SINCE}
        ) answerable
       where is_newest or ${LAST_WRITTEN_HERE} is not null
       offset 0
    ) answerable on true
   order by reply.place, "sentAt", urgent desc, "commandLogId"::bigint`,
);

/**
 * The rows are locked first, in the order of their ids, as everything does that locks several commands. A command that is not as it was
 * found has no row in the result. Nor has one of a device that another instance has owned since the reply came.
 *
 * The limit makes PostgreSQL expect few rows: it then keeps a plan that looks up rows, also when the plan was made while the tables were empty.
 */
const APPLY = new PreparedStatement<AppliedEffect & { readonly place: number }>(
  'iot_apply_reply_effects',
  `
  with effect as materialized (
    select *
      from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::text[], $8::text[], $9::boolean[])
           with ordinality as effect (id, attempts, status, device_state, answered, epoch, verdict, response, is_hint, place)
     limit $11
  ),
  locked as materialized (
    select effect.*
      from (select * from effect order by id) effect
     cross join lateral (
       select
         from tbl_iot_command_logs log
        where log.command_log_id = effect.id and log.attempts = effect.attempts and log.status = effect.status
          and log.device_state is not distinct from nullif(effect.device_state, '')
          and not exists (
            select from tbl_iot_device_sessions session
             where session.imei = log.imei and session.epoch > effect.epoch and session.instance_id <> $10)
          and (not effect.is_hint or log.in_flight and not exists (
            select from tbl_iot_command_logs older
             where older.imei = log.imei and older.status = 'PENDING' and older.attempts > 0 and (older.in_flight or older.silent)
               and older.socket_uuid <> log.socket_uuid))
          for update) held
  ),
  changed as (
    update tbl_iot_command_logs log
       set status = case verdict when 'completed' then 'COMPLETED' when 'rejected' then 'FAILED' else log.status end,
           reason = case verdict when 'completed' then null when 'rejected' then 'rejected' else log.reason end,
           confirmed_by = case verdict when 'completed' then 'reply' else log.confirmed_by end,
           late = case when verdict in ('completed', 'rejected') then log.status = 'FAILED' and verdict = 'completed' else log.late end,
           device_state = case verdict when 'postponed' then 'queued' when 'unrecognised' then 'unrecognised' end,
           response = locked.response, in_flight = log.in_flight and verdict = 'unrecognised', updated_at = now(),
           completed_at = case when verdict in ('completed', 'rejected') then now() else log.completed_at end,
           expires_at = case when verdict = 'postponed' and log.status = 'PENDING' and log.device_state is distinct from 'queued'
                             then ${POSTPONED_UNTIL} else expires_at end,
           due_at = case when verdict = 'postponed' and log.status = 'PENDING' and log.device_state is distinct from 'queued'
                         then ${POSTPONED_UNTIL} else due_at end
      from locked
     where log.command_log_id = locked.id
    returning locked.place, locked.answered, locked.verdict, log.imei, log.command_log_id, log.expires_at, log.response, log.awaited_by
  ),
  answered as (
    update tbl_iot_command_attempts attempt
       set result = case verdict when 'completed' then 'confirmed' else verdict end, ended_at = now(),
           reply = case when attempt.reply is null then changed.response else attempt.reply || E'\\n' || changed.response end
      from changed
     where attempt.command_log_id = changed.command_log_id and attempt.attempt = changed.answered
  )
  select place::integer as place, expires_at as "expiresAt",
         exists (
           select from tbl_iot_command_logs waiting
            where waiting.imei = changed.imei and waiting.status = 'PENDING' and not waiting.in_flight and waiting.device_state is null
              and waiting.command_log_id <> changed.command_log_id) as "othersWait",
         case when verdict in ('completed', 'rejected') then ${NOTIFICATION_OF_END} end as notified
    from changed`,
);

/**
 * SQL of replies. Commands are found without a lock; the statement that changes them checks that they are still as they were found. A command that
 * was ended or written again in the meantime is not changed, so that nothing is confirmed twice.
 */
@Injectable()
export class CommandRepliesRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly instance: Instance,
  ) {}

  /** Its work calls `apply` or `begin` first, and `commit` of the transaction last. */
  transaction<T>(work: (transaction: PipelinedTransaction) => Promise<T>): Promise<T> {
    return PipelinedTransaction.run(this.dataSource, work);
  }

  /**
   * For each reply the commands that it may answer, in the order in which they were last written. Null when another instance owns the device since:
   * what an old connection says changes nothing there. Looked up by two partial indexes, not by the devices' whole history.
   */
  async findAnswerable(replies: readonly AgedReply[]): Promise<(AnswerableCommand[] | null)[]> {
    const rows = await FIND_ANSWERABLE.run(this.dataSource, [
      replies.map(({ imei }) => imei),
      replies.map(({ epoch }) => epoch),
      replies.map(({ connectionId }) => connectionId),
      replies.map(({ ageSeconds }) => ageSeconds),
      this.instance.id,
      replies.length,
    ]);
    const found = replies.map((): AnswerableCommand[] | null => null);
    for (const { place, ...row } of rows) {
      const commands = (found[place - 1] ??= []);
      if (row.commandLogId !== null) {
        commands.push(row);
      }
    }
    return found;
  }

  /**
   * Changes commands and their attempts as replies say, each command once. Null for a command that is not as it was found. Begins the transaction; without
   * one, the change is committed.
   */
  async apply(effects: readonly ReplyEffect[], transaction?: PipelinedTransaction): Promise<(AppliedEffect | null)[]> {
    const values = [
      effects.map(({ command }) => command.commandLogId),
      effects.map(({ command }) => command.attempts),
      effects.map(({ command }) => command.status),
      effects.map(({ command }) => command.deviceState ?? ''),
      effects.map(({ command }) => command.answeredAttempt),
      effects.map(({ epoch }) => epoch),
      effects.map(({ verdict }) => verdict),
      effects.map(({ response }) => response),
      effects.map(({ isHint }) => isHint),
      this.instance.id,
      effects.length,
    ];
    const rows = transaction ? (await transaction.begin(APPLY.with(...values)))[0] : await APPLY.run(this.dataSource, values);
    const applied = effects.map((): AppliedEffect | null => null);
    rows.forEach(({ place, ...effect }) => (applied[place - 1] = effect));
    return applied;
  }
}
