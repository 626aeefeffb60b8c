import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { EventSettings } from '../../events/events.settings.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { MINUTE_MS } from '../../platform/time-units.js';

const ARRIVALS_PER_STEP = 500;

/** Deletes the log of records, not the records, once it is older than SINK_RECORDS_RETENTION_HOURS. */
@Injectable()
export class RecordLogRetention {
  private readonly keepHours: number;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    { SINK_RECORDS_RETENTION_HOURS }: EventSettings,
  ) {
    this.keepHours = SINK_RECORDS_RETENTION_HOURS;
  }

  /** In small steps, from the oldest row on: no delete holds its locks for long. */
  @Periodic({ everyMs: 10 * MINUTE_MS, failure: 'The expired log of records could not be removed' })
  async removeExpired(): Promise<void> {
    while ((await this.removeSome()) === ARRIVALS_PER_STEP) {
      // The next step.
    }
  }

  /** SQL: one statement deletes and notes what it has deleted, so that a reader that has missed it finds out. */
  private async removeSome(): Promise<number> {
    const [{ removed }] = await this.dataSource.query<[{ removed: number }]>(
      `with expired as (
         select transaction_id, position from tbl_iot_record_arrivals
          where arrived_at < now() - make_interval(hours => $1)
          order by transaction_id, position
          limit ${ARRIVALS_PER_STEP}
       ),
       noted as (
         insert into tbl_iot_record_arrival_retention as known (transaction_id, position)
         select transaction_id, position from expired order by transaction_id desc, position desc limit 1
         on conflict (is_only) do update set transaction_id = excluded.transaction_id, position = excluded.position
          where (known.transaction_id, known.position) < (excluded.transaction_id, excluded.position)
       ),
       removed as (
         delete from tbl_iot_record_arrivals arrival using expired
          where arrival.transaction_id = expired.transaction_id and arrival.position = expired.position
         returning 1
       )
       select count(*)::int as removed from removed`,
      [this.keepHours],
    );
    return removed;
  }
}
