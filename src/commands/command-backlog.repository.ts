import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

export interface CommandBacklog {
  readonly inFlight: number;
  readonly waiting: number;
  /** Accepted by the device, which executes them later. */
  readonly postponed: number;
  /** Ended because a newer one took its place, of those created in the last hour. */
  readonly supersededInLastHour: number;
}

/** Figures over the ledger, each by a partial index: finished commands are kept indefinitely and must not be counted. */
@Injectable()
export class CommandBacklogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async read(): Promise<CommandBacklog> {
    const [backlog] = await this.dataSource.query<[CommandBacklog]>(
      `select count(*) filter (where in_flight)::int as "inFlight", count(*) filter (where device_state = 'queued')::int as postponed,
              count(*) filter (where not in_flight and device_state is distinct from 'queued')::int as waiting,
              (select count(*)::int from tbl_iot_command_logs
                where reason = 'superseded' and created_at > now() - interval '1 hour') as "supersededInLastHour"
         from tbl_iot_command_logs
        where status = 'PENDING'`,
    );
    return backlog;
  }
}
