-- Deliveries that may be claimed, those first that are due first: neither leased nor in a batch, and no earlier event of the device has
-- to be delivered before (claim-statements.ts says why one look at the event just before is enough). `place_in_line`: how many that are due were looked
-- at, up to this one.
--
-- `since` is a time before which nothing is due: with it the index is not read from its beginning, where dead entries may lie.
--
-- `looked_at` bounds how many that are due are looked at. Behind the first event of a device wait its others: a claim of what few devices have left passes
-- over thousands of them, and finds no more than that number of devices. When nothing is found within the bound, all that is due is looked at.
--
-- Why SQL: the settings. PostgreSQL takes a range whose bounds it does not know for 0.5 % of the table. It would read and sort all that
-- is due for each claim (33 ms with a backlog of 30,000), where the index has the order already and the first rows are enough.
-- `rows 1`: the caller looks each row up by its key, however small the table was when the plan was made.
create or replace function iot_claimable_deliveries(since timestamptz, most integer, looked_at integer)
returns table (imei text, sequence bigint, place_in_line bigint)
language plpgsql stable rows 1
set enable_bitmapscan = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  bound integer;
begin
  foreach bound in array array[looked_at, 2147483647]
  loop
    return query
      select delivery.imei, delivery.sequence, delivery.place_in_line
        from (select imei, sequence, alone, next_attempt_at, row_number() over (order by next_attempt_at) as place_in_line
                from tbl_iot_deliveries
               where next_attempt_at >= since and next_attempt_at <= now()
                 and (leased_until is null or leased_until <= now())
                 and batch_id is null and (alone or type <> 'command.failed')
               order by next_attempt_at
               limit bound) delivery
       where not exists (
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
    exit when found;
  end loop;
end
$$;
