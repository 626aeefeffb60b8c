-- Leases deliveries that `iot_claimable_deliveries` has chosen, and returns what is needed to send them. claim-statements.ts says which may be claimed.
--
-- An open telemetry event is closed here; one that another transaction holds locked is left for the next claim. With `batch_events` above 1 the
-- events are divided among requests of up to that number, whose bodies together have up to `batch_bytes`, and one more. One that stays without
-- others is not a batch, nor is one that was refused in a batch before.
--
-- Why SQL: the settings, and the form of the look-ups. PostgreSQL plans a statement by what the table holds at that moment, and keeps the plan. The queue
-- is empty most of the time, and then reading all of it looks as cheap as one look-up by the key. Beside an old transaction nothing is removed from
-- it: such a plan read all deliveries since then once for each claimed one (2 minutes at 500 events/s: 177,000 pages for a claim of 62).
-- A `lateral` look-up is planned by itself, where the key is the only index that its conditions can use; a row is updated by its place (ctid). A
-- row that has changed since the statement began is left for the next claim then.
create or replace function iot_claim_deliveries(
  owner uuid, lease_seconds integer, since timestamptz, most integer, looked_at integer, batch_events integer, batch_bytes integer
) returns table (
  event_id uuid, imei text, sequence bigint, type text, occurred_at timestamptz, body text, batch_id uuid, failures integer, place_in_line bigint
)
language plpgsql
set enable_bitmapscan = off
set enable_seqscan = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  nonce uuid = gen_random_uuid();
begin
  return query
    with locked as (
      select delivery.*, due.place_in_line
        from iot_claimable_deliveries(since, most, looked_at) due
       cross join lateral (
         select delivery.ctid as place, delivery.imei, delivery.sequence, delivery.event_id, delivery.type, delivery.alone, delivery.next_attempt_at
           from tbl_iot_deliveries delivery
          where delivery.imei = due.imei and delivery.sequence = due.sequence and delivery.batch_id is null
            and (delivery.leased_until is null or delivery.leased_until <= now())
            -- In this form no index can be used for it.
            and delivery.next_attempt_at - now() <= interval '0'
            for update skip locked
       ) delivery
    ),
    openable as (
      select event.*
        from locked
       cross join lateral (
         select event.transaction_id, event.position, event.event_id from tbl_iot_events event
          where event.event_id = locked.event_id and event.body is null
            for update skip locked
       ) event
       where locked.type = 'telemetry'
    ),
    closed as (
      update tbl_iot_events event set body = made.body, is_open = false
        from openable join iot_telemetry_bodies((select array_agg(event_id) from openable)) made using (event_id)
       where event.transaction_id = openable.transaction_id and event.position = openable.position
      returning event.event_id, event.body::text as body
    ),
    claimed as (
      select locked.place, locked.place_in_line, locked.imei, locked.alone, locked.next_attempt_at, event.occurred_at,
             coalesce(closed.body, event.body::text) as body
        from locked
       cross join lateral (
         select event.occurred_at, event.body from tbl_iot_events event where event.event_id = locked.event_id offset 0
       ) event
        left join closed using (event_id)
       where event.body is not null or closed.body is not null
    ),
    measured as (
      select claimed.*, (row_number() over due_first - 1) / batch_events as part, sum(octet_length(body)) over due_first / batch_bytes as share
        from claimed
      window due_first as (partition by alone order by next_attempt_at, imei rows unbounded preceding)
    ),
    divided as (
      select place, place_in_line, occurred_at, body,
             case when batch_events > 1 and not alone and count(*) over (partition by alone, part, share) > 1
                  then md5(nonce || ' ' || part || ' ' || share)::uuid end as new_batch_id
        from measured
    )
    update tbl_iot_deliveries delivery
       set locked_by = owner, leased_until = now() + make_interval(secs => lease_seconds), batch_id = divided.new_batch_id
      from divided
     where delivery.ctid = divided.place
    returning delivery.event_id, delivery.imei, delivery.sequence, delivery.type, divided.occurred_at, divided.body, delivery.batch_id,
              delivery.failures, divided.place_in_line;
end
$$;
