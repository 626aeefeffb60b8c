import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { jsonTime, stringifyJson } from '../../platform/json/json-source.js';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { type Command, COMMAND_FIELDS, type FailureReason } from '../command.js';
import { CommandCounters } from '../command-counters.js';

/** A reply within this time after "unconfirmed" or "unrecognised" still completes the command. */
const LATE_REPLY_HOURS = 24;
const LATE_SINCE = `now() - interval '${LATE_REPLY_HOURS} hours'`;

/** The connection a reply came by. Its identity, with the attempt that it answers. */
export interface ReplyOrigin {
  readonly imei: string;
  readonly connectionId: string;
  readonly epoch: number;
}

export interface AnswerableCommand extends Command {
  readonly standing: 'in-flight' | 'postponed' | 'waiting' | 'late';
  /** When the reply came, its answer was not overdue by more than another time-out. */
  readonly mayStillBeAnswered: boolean;
  /** The attempt that a reply of this connection answers: the last one that was written to it. */
  readonly answeredAttempt: number;
}

/** How a reply ends a command. */
export interface Settlement {
  readonly status: 'COMPLETED' | 'FAILED';
  readonly reason: FailureReason | null;
  readonly result: 'confirmed' | 'rejected';
  readonly response: string;
  /** Null: the host is not notified. */
  readonly event: NewEvent | null;
  /** The event goes to the host, and not only to its feed. */
  readonly deliver: boolean;
}

/** `othersWait`: another command of the device waits, perhaps for the slot that is free now. */
export interface ReplyEffect {
  readonly othersWait: boolean;
}

/** Of the row `log`: no other instance has owned the device since the reply came. */
const stillOurs = (epoch: string, instance: string): string => `not exists (
  select from tbl_iot_device_sessions session where session.imei = log.imei and session.epoch > ${epoch} and session.instance_id <> ${instance})`;
const OTHERS_WAIT = (changed: string): string => `exists (
  select from tbl_iot_command_logs waiting
   where waiting.imei = ${changed}.imei and waiting.status = 'PENDING' and not waiting.in_flight and waiting.device_state is null
     and waiting.command_log_id <> $1)`;
const WITH_WORDS = (words: string): string => `case when reply is null then ${words} else reply || E'\\n' || ${words} end`;

/** An aggregate, not an exists: PostgreSQL would look up an exists by a hash of all attempts there are. */
const LAST_WRITTEN_HERE = `(
  select max(written.attempt) from tbl_iot_command_attempts written
   where written.command_log_id = answerable.command_log_id and written.socket_uuid = $3)`;

/**
 * No row: another instance owns the device now. One row without a command: nothing can be answered. A connection that is not the newest any more
 * (the device has logged in again at this instance, or is not connected) answers what was written to it, and nothing else.
 */
const FIND_ANSWERABLE = new PreparedStatement<AnswerableCommand | { commandLogId: null }>(
  'iot_find_answerable_commands',
  `
  select ${COMMAND_FIELDS},
         case when is_newest then attempts else ${LAST_WRITTEN_HERE} end as "answeredAttempt",
         case when status = 'FAILED' then 'late'
              when device_state = 'queued' then 'postponed'
              when in_flight or silent then 'in-flight'
              when not is_newest and (
                select bool_or(coalesce(written.result, 'disconnected') = 'disconnected') from tbl_iot_command_attempts written
                 where written.command_log_id = answerable.command_log_id and written.socket_uuid = $3) then 'in-flight'
              else 'waiting' end as standing,
         sent_at + make_interval(secs => 2 * timeout_seconds) > now() - make_interval(secs => $5) as "mayStillBeAnswered"
    from (select coalesce(session.epoch = $2, false) as is_newest
            from (select) one left join tbl_iot_device_sessions session on session.imei = $1
           where session.imei is null or session.epoch <= $2 or session.instance_id = $4) connection
    left join (
      select * from tbl_iot_command_logs where imei = $1 and status = 'PENDING' and attempts > 0
      union all
      select * from tbl_iot_command_logs
       where imei = $1 and reason in ('unconfirmed', 'unrecognised') and completed_at > ${LATE_SINCE}
    ) answerable on is_newest or ${LAST_WRITTEN_HERE} is not null
   order by sent_at, command_log_id`,
);

const SETTLE = new PreparedStatement<ReplyEffect>(
  'iot_settle_command',
  `
  with settled as (
    update tbl_iot_command_logs log
       set late = (status = 'FAILED' and $4 = 'COMPLETED'), status = $4, reason = $5, response = $6, in_flight = false, device_state = null,
           updated_at = now(), completed_at = now()
     where command_log_id = $1 and attempts = $2 and status = $3 and ${stillOurs('$10', '$12')}
    returning imei
  ),
  ended as (
    update tbl_iot_command_attempts set result = $7, ended_at = now(), reply = ${WITH_WORDS('$6')}
     where command_log_id = $1 and attempt = $13 and exists (select from settled)
  )
  select ${OTHERS_WAIT('settled')} as "othersWait",
         case when $8::text is not null then iot_append_event(settled.imei, $8, $9::json, $11)::text end as told
    from settled`,
);

const POSTPONE = new PreparedStatement<ReplyEffect>(
  'iot_postpone_command',
  `
  with postponed as (
    update tbl_iot_command_logs log
       set device_state = 'queued', response = $6, in_flight = false, updated_at = now(),
           expires_at = case when $7::boolean then now() + make_interval(secs => postponed_seconds) else expires_at end,
           due_at = case when $7::boolean then now() + make_interval(secs => postponed_seconds) else due_at end
     where command_log_id = $1 and attempts = $2 and status = $3 and device_state is not distinct from $4::text and ${stillOurs('$9', '$10')}
    returning *
  ),
  noted as (
    update tbl_iot_command_attempts set result = 'postponed', ended_at = now(), reply = ${WITH_WORDS('$6')}
     where command_log_id = $1 and attempt = $5 and exists (select from postponed)
  )
  select ${OTHERS_WAIT('postponed')} as "othersWait",
         case when $8::boolean then iot_append_event(imei, 'command.postponed', json_build_object(
           'command_log_id', command_log_id::text, 'imei', imei, 'command', command, 'metadata', metadata, 'response', response,
           'attempts', attempts, 'expires_at', ${jsonTime('expires_at')}), $11)::text end as told
    from postponed`,
);

const NOTE_UNRECOGNISED = new PreparedStatement<ReplyEffect>(
  'iot_note_unrecognised_reply',
  `
  with noted as (
    update tbl_iot_command_logs log
       set device_state = 'unrecognised', response = $4, updated_at = now()
     where command_log_id = $1 and attempts = $2 and status = 'PENDING' and device_state is null and ${stillOurs('$5', '$6')}
    returning imei
  ),
  answered as (
    update tbl_iot_command_attempts set result = 'unrecognised', ended_at = now(), reply = ${WITH_WORDS('$4')}
     where command_log_id = $1 and attempt = $3 and exists (select from noted)
  )
  select false as "othersWait" from noted`,
);

/**
 * SQL of replies. Commands are found without a lock; each statement that changes one asks again whether it is still as it was found, and
 * answers null when it is not: it was ended or written again in the meantime, and nothing is confirmed twice.
 */
@Injectable()
export class CommandRepliesRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly instance: Instance,
    private readonly counters: CommandCounters = new CommandCounters(),
  ) {}

  /**
   * Commands that a reply by this connection may answer, `ageSeconds` after it came, in the order in which they were last written. Looked up by two partial indexes, not by
   * the device's whole history. Null when another instance owns the device since: what an old connection says changes nothing there.
   */
  async findAnswerable({ imei, epoch, connectionId }: ReplyOrigin, ageSeconds: number): Promise<AnswerableCommand[] | null> {
    const values = [imei, epoch, connectionId, this.instance.id, ageSeconds];
    const rows = await FIND_ANSWERABLE.run(this.dataSource, values);
    return rows.length === 0 ? null : rows.filter((row) => row.commandLogId !== null);
  }

  /** Ends a command as a reply says, with its attempt and its event, in one statement. */
  async settle(found: AnswerableCommand, { epoch }: ReplyOrigin, settlement: Settlement): Promise<ReplyEffect | null> {
    const { status, reason, result, response, event, deliver } = settlement;
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
      this.instance.id,
      found.answeredAttempt,
    ]);
    if (row) {
      this.counters.countEnd(status, status === 'COMPLETED' && found.standing === 'late' ? 'late' : (reason ?? 'none'));
    }
    return row ?? null;
  }

  /**
   * The device has accepted the command and executes it later: it is not written again, gives its slot back and gets a new deadline, once. One
   * whose failure was reported stays failed, with the words.
   */
  async postpone(
    found: AnswerableCommand,
    { epoch }: ReplyOrigin,
    { response, notify, deliver }: { readonly response: string; readonly notify: boolean; readonly deliver: boolean },
  ): Promise<ReplyEffect | null> {
    const isNews = found.status === 'PENDING' && found.deviceState !== 'queued';
    const [row] = await POSTPONE.run(this.dataSource, [
      found.commandLogId,
      found.attempts,
      found.status,
      found.deviceState,
      found.answeredAttempt,
      response,
      isNews,
      isNews && notify,
      epoch,
      this.instance.id,
      deliver,
    ]);
    return row ?? null;
  }

  /** The device has answered in words that no pattern knows: the command is not written again and keeps them. */
  async noteUnrecognised(found: AnswerableCommand, { epoch }: ReplyOrigin, response: string): Promise<ReplyEffect | null> {
    const { commandLogId, attempts, answeredAttempt } = found;
    const values = [commandLogId, attempts, answeredAttempt, response, epoch, this.instance.id];
    const [row] = await NOTE_UNRECOGNISED.run(this.dataSource, values);
    return row ?? null;
  }
}
