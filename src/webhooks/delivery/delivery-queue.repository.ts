import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, IsNull, Raw } from 'typeorm';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { jsonTime } from '../../platform/json/json-source.js';
import { type ClaimedDelivery, type Lease, type Settlement } from './delivery.js';
import { PendingDelivery } from './pending-delivery.entity.js';

/**
 * An event waits for the earlier ones of its device, until those have failed three times. Rows are chosen first and locked second: a concurrent
 * claim must not make this one skip the head of a device and take the event behind it. An open telemetry event is closed here; one that the
 * ingest holds locked is left for the next claim.
 *
 * The limit is part of the text, and `offset 0` keeps the condition on earlier events from becoming a join: without them PostgreSQL
 * plans for a tenth of the backlog, and reads all of it each time.
 */
const claimStatement = (limit: number) => `
  with due as (
    select imei, sequence from tbl_iot_deliveries delivery
     where next_attempt_at <= now() and batch_id is null and (alone or type <> 'command.failed')
       and not exists (
         select from tbl_iot_deliveries earlier
          where earlier.imei = delivery.imei and earlier.sequence < delivery.sequence and earlier.failures < 3
         offset 0)
     order by next_attempt_at
     limit ${limit}
  ),
  locked as (
    select delivery.imei, delivery.sequence, delivery.event_id, delivery.type
      from due join tbl_iot_deliveries delivery using (imei, sequence)
     where delivery.next_attempt_at <= now()
       for update of delivery skip locked
  ),
  openable as (
    select event.transaction_id, event.position
      from locked join tbl_iot_events event using (event_id)
     where locked.type = 'telemetry' and event.body is null
       for update of event skip locked
  ),
  closed as (
    update tbl_iot_events event set body = iot_telemetry_body(event), is_open = false
      from openable
     where event.transaction_id = openable.transaction_id and event.position = openable.position
    returning event.event_id, event.body::text as body
  )
  update tbl_iot_deliveries delivery
     set locked_by = $1, next_attempt_at = now() + make_interval(secs => $2)
    from locked join tbl_iot_events event using (event_id) left join closed using (event_id)
   where delivery.imei = locked.imei and delivery.sequence = locked.sequence and (event.body is not null or closed.body is not null)
  returning delivery.event_id as "eventId", delivery.imei, delivery.sequence::text as sequence, delivery.type,
            ${jsonTime('event.occurred_at')} as "occurredAt", coalesce(closed.body, event.body::text) as body,
            null as "batchId", delivery.failures`;

/** Settles only what this owner still leases: after the lease has ended, another instance may have claimed it. */
const SETTLE = new PreparedStatement(
  'iot_settle_deliveries',
  `
  with result as (
    select * from json_to_recordset($2::json) as result (
      imei text, sequence bigint, outcome text, "afterMs" float8, alone boolean, outage boolean,
      "webhookId" text, "durationMs" integer, status integer, answer text, error text)
  ),
  mine as (
    select result.*, delivery.event_id, delivery.attempts + 1 as attempt
      from result join tbl_iot_deliveries delivery using (imei, sequence)
     where delivery.locked_by = $1
     order by imei, sequence
       for update of delivery
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using mine
     where delivery.imei = mine.imei and delivery.sequence = mine.sequence and mine.outcome in ('delivered', 'dead')
  ),
  kept as (
    update tbl_iot_deliveries delivery
       set locked_by = null, next_attempt_at = now() + mine."afterMs" * interval '1 millisecond',
           failures = failures + case when mine.outcome = 'retry' then 1 else 0 end,
           attempts = attempts + case when mine.outcome = 'released' then 0 else 1 end,
           alone = delivery.alone or mine.alone, batch_id = case when mine.alone then null else batch_id end,
           held_by_outage = mine.outage
      from mine
     where delivery.imei = mine.imei and delivery.sequence = mine.sequence and mine.outcome not in ('delivered', 'dead')
  ),
  recorded as (
    update tbl_iot_events event
       set delivered_at = case mine.outcome when 'delivered' then now() end, dead_at = case mine.outcome when 'dead' then now() end
      from mine
     where event.event_id = mine.event_id and mine.outcome in ('delivered', 'dead')
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer, error)
  select event_id, attempt, now() - "durationMs" * interval '1 millisecond', "webhookId", status, "durationMs", answer, error
    from mine where outcome <> 'released'`,
);

const CLAIM_FAILURES = new PreparedStatement<ClaimedDelivery>(
  'iot_claim_failures',
  `
  select event_id as "eventId", imei, sequence::text as sequence, type, ${jsonTime('occurred_at')} as "occurredAt", body::text as body,
         batch_id as "batchId", failures
    from iot_claim_failures($1, $2, $3, $4)`,
);

/**
 * Access to `tbl_iot_deliveries`, the queue of what is still to be delivered. Claiming and settling are SQL: one prepared statement for many
 * deliveries, whose conditions on the order within a device and whose writes to three tables the query builder cannot express.
 */
@Injectable()
export class DeliveryQueueRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Claims due deliveries, each with everything needed to send it. Use few different limits: each has a plan of its own. */
  async claim(lease: Lease, limit: number): Promise<ClaimedDelivery[]> {
    const claim = new PreparedStatement<ClaimedDelivery>(`iot_claim_${limit}_deliveries`, claimStatement(limit));
    return claim.run(this.dataSource, [lease.owner, lease.seconds]);
  }

  /** Claims one batch of failed commands: one that is due again, or a new one once it is full or old enough. */
  async claimFailures(lease: Lease, limit: number, collectMs: number): Promise<ClaimedDelivery[]> {
    return CLAIM_FAILURES.run(this.dataSource, [lease.owner, lease.seconds, limit, collectMs]);
  }

  async settle(owner: string, settlements: readonly Settlement[]): Promise<void> {
    await SETTLE.run(this.dataSource, [owner, JSON.stringify(settlements)]);
  }

  /** Makes due what waits because the host was down. */
  async resume(): Promise<void> {
    const waiting = { heldByOutage: true, lockedBy: IsNull(), nextAttemptAt: Raw((column) => `${column} > now()`) };
    await this.dataSource.manager.update(PendingDelivery, waiting, { nextAttemptAt: () => 'now()' });
  }
}
