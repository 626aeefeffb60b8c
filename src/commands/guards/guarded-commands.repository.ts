import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { type Guard, type GuardFacts } from './guard.js';
import { type GuardedCommand } from './guard-checks.js';

const FIND_WAITING = new PreparedStatement<{ commandLogId: string; guard: Guard }>(
  'iot_guarded_commands_waiting',
  `select command_log_id::text as "commandLogId", guard
     from tbl_iot_command_logs
    where imei = $1 and guard is not null and status = 'PENDING' and not in_flight and device_state is null and attempts <= max_retry
      and expires_at > now()`,
);

/** SQL on commands with a guard. */
@Injectable()
export class GuardedCommandsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The guarded commands of a device that could be written. */
  async findWaiting(imei: string): Promise<GuardedCommand[]> {
    const rows = await FIND_WAITING.run(this.dataSource, [imei]);
    return rows.map((row) => ({ ...row, imei }));
  }

  /** An attempt was written on newer facts than those of its claim. */
  async updateFacts(commandLogId: string, attempt: number, facts: GuardFacts): Promise<void> {
    await this.dataSource.query(
      `update tbl_iot_command_attempts set guard_facts = $3
        where command_log_id = $1 and attempt = $2 and guard_facts ->> 'recordTime' is distinct from $3::jsonb ->> 'recordTime'`,
      [commandLogId, attempt, JSON.stringify(facts)],
    );
  }
}
