import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type EventPosition } from './event-cursor.js';

export interface RetentionStep extends EventPosition {
  readonly removed: number;
  /** What comes next may have been kept long enough too. */
  readonly goesOn: boolean;
}

/** Removes what has been kept long enough. */
@Injectable()
export class EventRetentionRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Looks at the next events in their order, which is nearly that of time, and removes those that were delivered, or given up, or only recorded,
   * so long ago. Never one that is still to be delivered, nor one that still grows. Null: there are none behind.
   */
  async removeSome(after: EventPosition, keepDays: number, keepDeadDays: number, limit: number): Promise<RetentionStep | null> {
    const [step] = await this.dataSource.query<RetentionStep[]>(
      `with step as (
         select * from tbl_iot_events
          where (transaction_id, position) > ($1::xid8, $2::bigint)
          order by transaction_id, position
          limit $5
       ),
       expired as (
         select transaction_id, position, event_id from step
          where not is_open
            and case when dead_at is null then coalesce(delivered_at, last_received_at, occurred_at) < now() - make_interval(days => $3)
                     else dead_at < now() - make_interval(days => $4) end
            and not exists (
              select from tbl_iot_deliveries delivery where delivery.imei = step.imei and delivery.sequence = step.sequence)
       ),
       attempts as (
         delete from tbl_iot_delivery_attempts attempt using expired where attempt.event_id = expired.event_id
       ),
       records as (
         delete from tbl_iot_event_records kept using expired where kept.event_id = expired.event_id
       ),
       removed as (
         delete from tbl_iot_events event using expired
          where event.transaction_id = expired.transaction_id and event.position = expired.position
         returning 1
       )
       select last.transaction_id::text as "transactionId", last.position::text as position,
              (select count(*)::int from removed) as removed,
              last.occurred_at < now() - make_interval(days => $3) as "goesOn"
         from (select * from step order by transaction_id desc, position desc limit 1) last`,
      [after.transactionId, after.position, keepDays, keepDeadDays, limit],
    );
    return step ?? null;
  }
}
