import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { type Command } from '../command.js';

/** How a command stands, for the request that waits for its end. */
export type CommandOutcome = Pick<Command, 'status' | 'reason' | 'response' | 'confirmedBy' | 'deviceState'>;

type OutcomeRow = CommandOutcome & { readonly place: number };

const READ_OUTCOMES = new PreparedStatement<OutcomeRow>(
  'iot_read_command_outcomes',
  `
  select place::integer as place, known.*
    from (select * from unnest($1::bigint[]) with ordinality as asked (id, place) limit $2) asked
   cross join lateral (
     select status, reason, response, confirmed_by as "confirmedBy", device_state as "deviceState"
       from tbl_iot_command_logs log where log.command_log_id = asked.id
     offset 0) known`,
);

const MARK_AWAITED = new PreparedStatement<Record<string, never>>(
  'iot_mark_commands_awaited',
  `
  with open as materialized (
    select known.command_log_id
      from (select distinct id from unnest($1::bigint[]) as asked (id) order by id limit $3) asked
     cross join lateral (
       select log.command_log_id from tbl_iot_command_logs log
        where log.command_log_id = asked.id and log.status = 'PENDING' and log.awaited_by is distinct from $2
          for update) known
  )
  update tbl_iot_command_logs log set awaited_by = $2 from open where log.command_log_id = open.command_log_id`,
);

/** SQL of waiting requests, each statement for many of them. */
@Injectable()
export class CommandWaitsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly instance: Instance,
  ) {}

  /** In the order of the ids. Each must be the id of a command. */
  async readOutcomes(commandLogIds: readonly string[]): Promise<CommandOutcome[]> {
    const rows = await READ_OUTCOMES.run(this.dataSource, [commandLogIds, commandLogIds.length]);
    const outcomes: CommandOutcome[] = [];
    rows.forEach(({ place, ...outcome }) => (outcomes[place - 1] = outcome));
    return outcomes;
  }

  /**
   * Requests of this instance wait for commands that earlier requests have stored. Whatever ends these commands notifies this instance, and no longer
   * the one where a request has waited before. A command that has ended already is not changed: read it afterwards.
   */
  async markAwaited(commandLogIds: readonly string[]): Promise<void> {
    await MARK_AWAITED.run(this.dataSource, [commandLogIds, this.instance.id, commandLogIds.length]);
  }
}
