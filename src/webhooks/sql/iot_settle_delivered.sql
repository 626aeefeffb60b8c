-- Settles what was delivered. Only what this owner still leases: after the lease has ended, another instance may have claimed it. An event that the
-- first attempt delivered keeps that attempt in its own row, which is written anyway: a row of its own, found by a random key, costs more than
-- all the rest of the statement.
--
-- Why SQL: the settings, and the look-up of each delivery by its key. iot_claim_deliveries.sql says why.
create or replace function iot_settle_delivered(
  owner uuid, imeis text[], sequences bigint[], webhook_ids text[], statuses integer[], durations_ms integer[], answers text[]
) returns void
language plpgsql
set enable_bitmapscan = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  with mine as (
    select delivery.place, result.*
      from unnest(imeis, sequences, webhook_ids, statuses, durations_ms, answers)
             as result (imei, sequence, webhook_id, status, duration_ms, answer)
     cross join lateral (
       select delivery.ctid as place from tbl_iot_deliveries delivery
        where delivery.imei = result.imei and delivery.sequence = result.sequence
       offset 0
     ) delivery
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using mine
     where delivery.ctid = mine.place and delivery.locked_by = owner
    returning delivery.event_id, delivery.attempts, mine.webhook_id, mine.status, mine.duration_ms, mine.answer
  ),
  recorded as (
    update tbl_iot_events event
       set delivered_at = now(), dead_at = null,
           first_attempt = case when ended.attempts > 0 then event.first_attempt
                                else json_build_object(
                                  'attemptedAt', to_char((now() - ended.duration_ms * interval '1 millisecond') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                                  'webhookId', ended.webhook_id, 'status', ended.status, 'durationMs', ended.duration_ms,
                                  'answer', ended.answer) end
      from ended
     where event.event_id = ended.event_id
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer)
  select event_id, attempts + 1, now() - duration_ms * interval '1 millisecond', webhook_id, status, duration_ms, answer
    from ended where attempts > 0;
end
$$;
