-- Settles everything that was not delivered: what is tried again, given up, or returned without an attempt. Only what this owner still leases.
-- `results`: an array of Settlement (src/webhooks/delivery/delivery.ts).
--
-- Why SQL: the settings, and the look-up of each delivery by its key. iot_claim_deliveries.sql says why.
create or replace function iot_settle_others(owner uuid, results json) returns void
language plpgsql
set enable_bitmapscan = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  with mine as (
    select delivery.place, delivery.event_id, delivery.attempts + 1 as attempt, result.*
      from (select * from json_to_recordset(results) as result (
              imei text, sequence bigint, outcome text, "afterMs" float8, alone boolean, outage boolean,
              "webhookId" text, "durationMs" integer, status integer, answer text, error text)
             -- Locked in this order, as every other statement that locks several deliveries.
             order by imei, sequence) result
     cross join lateral (
       select delivery.ctid as place, delivery.event_id, delivery.attempts from tbl_iot_deliveries delivery
        where delivery.imei = result.imei and delivery.sequence = result.sequence and delivery.locked_by = owner
          for update
     ) delivery
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using mine where delivery.ctid = mine.place and mine.outcome = 'dead'
  ),
  kept as (
    update tbl_iot_deliveries delivery
       set locked_by = null, leased_until = null, next_attempt_at = now() + mine."afterMs" * interval '1 millisecond',
           failures = failures + case when mine.outcome = 'retry' then 1 else 0 end,
           attempts = attempts + case when mine.outcome = 'released' then 0 else 1 end,
           alone = delivery.alone or mine.alone, batch_id = case when mine.alone then null else batch_id end,
           held_by_outage = mine.outage
      from mine
     where delivery.ctid = mine.place and mine.outcome <> 'dead'
  ),
  recorded as (
    update tbl_iot_events event set delivered_at = null, dead_at = now()
      from mine
     where event.event_id = mine.event_id and mine.outcome = 'dead'
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer, error)
  select event_id, attempt, now() - "durationMs" * interval '1 millisecond', "webhookId", status, "durationMs", answer, error
    from mine where outcome <> 'released';
end
$$;
