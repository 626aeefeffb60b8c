-- Deliveries that may be claimed, those first that are due first: neither leased nor in a batch, and no earlier event of the device has
-- to be delivered before (claim-statements.ts says why one look at the event just before is enough).
--
-- `since` is a time before which nothing is due: with it the index is not read from its beginning, where dead entries may lie.
--
-- Why SQL: the settings. PostgreSQL takes a range whose bounds it does not know for 0.5 % of the table. It would read and sort all that
-- is due for each claim (33 ms with a backlog of 30,000), where the index has the order already and the first rows are enough.
-- `rows 1`: the caller looks each row up by its key, however small the table was when the plan was made.
create or replace function iot_due_deliveries(since timestamptz, most integer) returns table (imei text, sequence bigint)
language plpgsql stable rows 1
set enable_bitmapscan = off
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
    select delivery.imei, delivery.sequence from tbl_iot_deliveries delivery
     where delivery.next_attempt_at >= since and delivery.next_attempt_at <= now()
       and (delivery.leased_until is null or delivery.leased_until <= now())
       and delivery.batch_id is null and (delivery.alone or delivery.type <> 'command.failed')
       and not exists (
         select from tbl_iot_deliveries previous
          where previous.imei = delivery.imei and previous.sequence = delivery.sequence - 1 and previous.failures < 3
         offset 0)
       and (not delivery.alone and exists (
              select from tbl_iot_events previous
               where previous.imei = delivery.imei and previous.sequence = delivery.sequence - 1
                 and (previous.delivered_at is not null or previous.dead_at is not null)
              offset 0)
            or not exists (
              select from tbl_iot_deliveries earlier
               where earlier.imei = delivery.imei and earlier.sequence < delivery.sequence and earlier.failures < 3
              offset 0))
     order by delivery.next_attempt_at
     limit most;
end
$$;
