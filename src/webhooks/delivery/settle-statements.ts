import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { jsonTime } from '../../platform/json/json-source.js';

/**
 * Settles what was delivered. Only what this owner still leases: after the lease has ended, another instance may have claimed it. An event that the
 * first attempt delivered keeps that attempt in its own row, which is written anyway: a row of its own, found by a random key, costs more than
 * all the rest of the statement.
 */
export const SETTLE_DELIVERED = new PreparedStatement(
  'iot_settle_delivered',
  `
  with result as (
    select * from unnest($2::text[], $3::bigint[], $4::text[], $5::integer[], $6::integer[], $7::text[])
      as result (imei, sequence, webhook_id, status, duration_ms, answer)
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using result
     where delivery.imei = result.imei and delivery.sequence = result.sequence and delivery.locked_by = $1
    returning delivery.event_id, delivery.attempts, result.webhook_id, result.status, result.duration_ms, result.answer
  ),
  recorded as (
    update tbl_iot_events event
       set delivered_at = now(), dead_at = null,
           first_attempt = case when ended.attempts > 0 then event.first_attempt
                                else json_build_object('attemptedAt', ${jsonTime("(now() - ended.duration_ms * interval '1 millisecond')")}, 'webhookId', ended.webhook_id, 'status', ended.status, 'durationMs', ended.duration_ms,
                                                       'answer', ended.answer) end
      from ended
     where event.event_id = ended.event_id
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer)
  select event_id, attempts + 1, now() - duration_ms * interval '1 millisecond', webhook_id, status, duration_ms, answer
    from ended where attempts > 0`,
);

/** Settles everything else: what is tried again, given up, or returned without an attempt. */
export const SETTLE_OTHERS = new PreparedStatement(
  'iot_settle_others',
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
     where delivery.imei = mine.imei and delivery.sequence = mine.sequence and mine.outcome = 'dead'
  ),
  kept as (
    update tbl_iot_deliveries delivery
       set locked_by = null, leased_until = null, next_attempt_at = now() + mine."afterMs" * interval '1 millisecond',
           failures = failures + case when mine.outcome = 'retry' then 1 else 0 end,
           attempts = attempts + case when mine.outcome = 'released' then 0 else 1 end,
           alone = delivery.alone or mine.alone, batch_id = case when mine.alone then null else batch_id end,
           held_by_outage = mine.outage
      from mine
     where delivery.imei = mine.imei and delivery.sequence = mine.sequence and mine.outcome <> 'dead'
  ),
  recorded as (
    update tbl_iot_events event set delivered_at = null, dead_at = now()
      from mine
     where event.event_id = mine.event_id and mine.outcome = 'dead'
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer, error)
  select event_id, attempt, now() - "durationMs" * interval '1 millisecond', "webhookId", status, "durationMs", answer, error
    from mine where outcome <> 'released'`,
);
