-- Leases one batch: one that is due again, with the members it had, or a new one of failed commands when it is full or its first
-- member has waited long enough. One caller at a time, so that two callers never divide the members of a batch. No member
-- overtakes an earlier event of its device that is not in the batch. A single member is not a batch: it is delivered under its own
-- id from then on.
--
-- `since` is a time before which nothing is due: with it no index is read from its beginning, where dead entries may lie.
--
-- The chosen events of a device whose numbers follow each other are members together, when the first of them may be delivered: the
-- event before it is not pending, or has failed three times (claim-statements.ts says why that one event is enough). Where that event
-- was neither delivered nor given up, all earlier ones are looked at.
--
-- The settings, and the update by place (ctid): see iot_claimable_deliveries.sql and iot_claim_deliveries.sql. `materialized`, since PostgreSQL expects one member and would look for earlier events once for each two
-- members: 16,000 pages for a batch of 100.
--
-- Why SQL: a lock, then a choice with a snapshot that is newer than the lock, and an update that depends on it, in one round trip. All
-- instances ask for it again and again.
create or replace function iot_claim_batch(owner uuid, lease_seconds integer, most integer, collect_ms integer, since timestamptz)
returns table (event_id uuid, imei text, sequence bigint, type text, occurred_at timestamptz, body json, batch_id uuid, failures integer)
language plpgsql
set enable_bitmapscan = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  batch uuid;
begin
  if not pg_try_advisory_xact_lock(731021) then
    return;
  end if;
  select batch_id into batch from tbl_iot_deliveries
   where batch_id is not null and next_attempt_at >= since and next_attempt_at <= now() and (leased_until is null or leased_until <= now())
   order by next_attempt_at limit 1;
  if batch is null then
    batch := gen_random_uuid();
    return query
    with chosen as (
      select place, imei, sequence, next_attempt_at, sequence - row_number() over (partition by imei order by sequence) as run
        from (select ctid as place, imei, sequence, next_attempt_at from tbl_iot_deliveries
               where type = 'command.failed' and not alone and batch_id is null and next_attempt_at >= since and next_attempt_at <= now()
               order by next_attempt_at, imei, sequence
               limit most) due
    ),
    unblocked as materialized (
      select imei, run from (select imei, run, min(sequence) as sequence from chosen group by imei, run) head
       where not exists (
               select from tbl_iot_deliveries earlier
                where earlier.imei = head.imei and earlier.sequence = head.sequence - 1 and earlier.failures < 3
               offset 0)
         and (exists (
               select from tbl_iot_events event
                where event.imei = head.imei and event.sequence = head.sequence - 1
                  and (event.delivered_at is not null or event.dead_at is not null)
               offset 0)
           or not exists (
               select from tbl_iot_deliveries earlier
                where earlier.imei = head.imei and earlier.sequence < head.sequence and earlier.failures < 3
               offset 0))
    ),
    member as (
      select place, next_attempt_at from chosen join unblocked using (imei, run)
    ),
    size as (
      select count(*)::integer as members, min(next_attempt_at) as oldest from member
    ),
    formed as (
      update tbl_iot_deliveries delivery
         set batch_id = case when size.members > 1 then batch end, alone = size.members = 1, locked_by = owner,
             leased_until = now() + make_interval(secs => lease_seconds)
        from member, size
       where delivery.ctid = member.place
         and (size.members >= most or size.oldest <= now() - make_interval(secs => collect_ms / 1000.0))
      returning delivery.*
    )
      select formed.event_id, formed.imei, formed.sequence, formed.type, event.occurred_at, event.body, formed.batch_id, formed.failures
        from formed join tbl_iot_events event using (event_id)
       order by event.position;
    return;
  end if;
  return query
    with leased as (
      update tbl_iot_deliveries delivery
         set locked_by = owner, leased_until = now() + make_interval(secs => lease_seconds)
       where delivery.batch_id = batch
      returning delivery.*
    )
    select leased.event_id, leased.imei, leased.sequence, leased.type, event.occurred_at, event.body, leased.batch_id, leased.failures
      from leased join tbl_iot_events event using (event_id)
     order by event.position;
end
$$;
