import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { CommandLog } from '../command-log.entity.js';
import { type WrittenCommand } from '../in-flight/watched-command.js';
import { REPLY_FIRST_MS } from '../in-flight/watched-outputs.js';

/** A command that was reported as failed is confirmed by records of this time afterwards, as by a late reply. */
const LATE_HOURS = 24;

/** The words of the index commands_shown_by_outputs: no other commands are read. */
const CONFIRMABLE = `
  attempts > 0 and targets && '{output:1,output:2}' and (status = 'PENDING' or reason in ('unconfirmed', 'unrecognised'))
  and coalesce(completed_at, 'infinity') > now() - interval '${LATE_HOURS} hours'`;

/** A newer command can have been created slightly earlier: created_at is when its transaction began, and transactions wait for each other. */
const WRITTEN = `
  select log.command_log_id::text as "commandLogId", log.imei, log.command,
         array(
           select (extract(epoch from written.sent_at) * 1000)::float8
             from tbl_iot_command_attempts written
            where written.command_log_id = log.command_log_id order by written.attempt) as "writtenAtMs",
         (select (extract(epoch from min(written.sent_at)) * 1000)::float8
            from tbl_iot_command_logs newer join tbl_iot_command_attempts written using (command_log_id)
           where newer.imei = log.imei and newer.created_at > log.created_at - interval '1 minute'
             and newer.command_log_id > log.command_log_id
             and (newer.targets && log.targets or newer.command_log_id = log.superseded_by)) as "untilMs"`;

/** A command that is locked, and can be confirmed now. */
export interface LockedCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  readonly action: string | null;
  readonly metadata: string | null;
  readonly response: string | null;
  readonly attempts: number;
  readonly supersededBy: string | null;
  /** Its failure was reported. */
  readonly late: boolean;
  readonly awaitedBy: string | null;
}

/** SQL of commands that records confirm. Time is the database's. */
@Injectable()
export class ConfirmationRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly instance: Instance,
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * The newest unconfirmed commands of the devices that this instance has, or no instance. `offset 0` makes PostgreSQL find them by the index before it
   * orders them. Without it, depending on its statistics, it reads all commands from the newest one on until it has found `limit` of them.
   */
  findWritten(limit: number): Promise<WrittenCommand[]> {
    return this.dataSource.query(
      `${WRITTEN}
         from (select * from tbl_iot_command_logs where ${CONFIRMABLE} offset 0) log
        where not exists (
          select from tbl_iot_device_sessions session where session.imei = log.imei and session.instance_id <> $1)
        order by log.command_log_id desc
        limit $2`,
      [this.instance.id, limit],
    );
  }

  /** Those of the commands that a record may confirm now, locked until the transaction ends. What a reply is ending at the moment is skipped. */
  async lockConfirmable(manager: EntityManager, commandLogIds: readonly string[]): Promise<LockedCommand[]> {
    const { entities, raw } = await manager
      .createQueryBuilder(CommandLog, 'command')
      // As text: parsed and written again, large numbers would change.
      .addSelect('command.metadata::text', 'metadata_text')
      .where('command.command_log_id = any (:commandLogIds)', { commandLogIds })
      .andWhere(CONFIRMABLE)
      .andWhere(
        `(status = 'FAILED' or device_state is not distinct from 'queued'
          or sent_at <= now() - interval '${REPLY_FIRST_MS / SECOND_MS} seconds')`,
      )
      .orderBy('command.commandLogId')
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getRawAndEntities<{ readonly metadata_text: string | null }>();
    return entities.map(
      ({ commandLogId, imei, command, action, response, attempts, supersededBy, status, awaitedBy }, index) => ({
        commandLogId,
        imei,
        command,
        action,
        metadata: raw[index]!.metadata_text,
        response,
        attempts,
        supersededBy,
        late: status === 'FAILED',
        awaitedBy,
      }),
    );
  }

  /** The times in which records count for these commands. */
  findWrittenOf(manager: EntityManager, commandLogIds: readonly string[]): Promise<WrittenCommand[]> {
    return manager.query(`${WRITTEN} from tbl_iot_command_logs log where log.command_log_id = any ($1::bigint[])`, [
      commandLogIds,
    ]);
  }

  /** Completes locked commands, each with the attempt that the record came after. Their words stay. */
  async complete(manager: EntityManager, attempts: ReadonlyMap<string, number>): Promise<void> {
    const commandLogIds = [...attempts.keys()];
    await manager
      .createQueryBuilder()
      .update(CommandLog)
      .set({
        status: 'COMPLETED',
        reason: null,
        confirmedBy: 'telemetry',
        late: () => `status = 'FAILED'`,
        deviceState: null,
        inFlight: false,
        updatedAt: () => 'now()',
        completedAt: () => 'now()',
      })
      .where('command_log_id = any (:commandLogIds)', { commandLogIds })
      .execute();
    await manager.query(
      `update tbl_iot_command_attempts attempt set result = 'confirmed', ended_at = now()
         from unnest($1::bigint[], $2::integer[]) as confirmed (command_log_id, attempt)
        where attempt.command_log_id = confirmed.command_log_id and attempt.attempt = confirmed.attempt`,
      [commandLogIds, [...attempts.values()]],
    );
  }
}
