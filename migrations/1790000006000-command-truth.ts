import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { CREATE_COMMAND } from './1790000006000-command-truth.functions.js';

/**
 * What is needed to keep a command's status true: its targets (a newer command ends the older ones that move the same output or set the same
 * parameter), what the device said about it (postponed, or in words that no pattern knows), and which command took its place.
 */
export class CommandTruth1790000006000 implements MigrationInterface {
  readonly name = 'CommandTruth1790000006000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table tbl_iot_command_logs
        add column targets text[] not null default '{}',
        add column device_state text check (device_state in ('queued', 'unrecognised')),
        add column postponed_seconds integer not null default 86400,
        add column superseded_by bigint,
        drop constraint tbl_iot_command_logs_reason_check,
        add constraint tbl_iot_command_logs_reason_check
          check (reason in ('expired', 'unconfirmed', 'rejected', 'superseded', 'cancelled', 'unrecognised'))`);
    await queryRunner.query(
      `comment on column tbl_iot_command_logs.targets is 'What it sets, for example output:1 or param:2004. A newer command with an overlapping target ends this one.'`,
    );
    await queryRunner.query(
      `comment on column tbl_iot_command_logs.device_state is 'queued: the device has accepted it and executes it later. unrecognised: it answered in words that no pattern knows. Neither is written again.'`,
    );
    await queryRunner.query(
      `comment on column tbl_iot_command_logs.superseded_by is 'The newer command that ended this one, by its text or by an overlapping target.'`,
    );
    await queryRunner.query(`
      alter table tbl_iot_command_attempts
        drop constraint tbl_iot_command_attempts_result_check,
        add constraint tbl_iot_command_attempts_result_check check (result in
          ('confirmed', 'rejected', 'timeout', 'disconnected', 'superseded', 'postponed', 'unrecognised'))`);
    // A late reply completes an unrecognised command too.
    await queryRunner.query('drop index commands_late');
    await queryRunner.query(
      `create index commands_late on tbl_iot_command_logs (imei, completed_at) where reason in ('unconfirmed', 'unrecognised')`,
    );
    await queryRunner.query(
      `drop function iot_create_command(text, text, smallint, text, boolean, text, integer, integer, integer, json, text, bytea, uuid, integer)`,
    );
    await queryRunner.query(CREATE_COMMAND);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
