import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Two indexes that also served what they are not for. While statistics are young, one small index looks like another, and a look for one
 * device's pending commands went through those of all devices, and through every dead entry since the last vacuum; a kept plan goes on like
 * that until the next analyze. A partial index is only used by a query that says its condition: these now have one (always true) that only
 * the sweep, and the list of commands by reason, say.
 */
export class CommandIndexPredicates1790000001500 implements MigrationInterface {
  readonly name = 'CommandIndexPredicates1790000001500';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop index commands_due');
    await queryRunner.query(
      `create index commands_due on tbl_iot_command_logs (due_at) where status = 'PENDING' and due_at > '-infinity'`,
    );
    await queryRunner.query('drop index commands_by_reason');
    await queryRunner.query(
      `create index commands_by_reason on tbl_iot_command_logs (reason, created_at, command_log_id)
        where reason is not null and created_at > '-infinity'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
