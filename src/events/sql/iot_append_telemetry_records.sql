-- The same as iot_append_telemetry, and stores the key of every record of the batch. An event with `most` records is closed.
--
-- Why SQL: a loop over devices and events with several statements each, in one round trip of the ingest's transaction.
create or replace function iot_append_telemetry_records(
  imeis text[], received timestamptz[], times timestamptz[], hashes bigint[], plausible boolean[], to_deliver boolean, most integer
) returns void language plpgsql as $$
declare
  device record;
  open_event record;
  done integer;
begin
  perform iot_lock_event_sequences((select array_agg(distinct imei) from unnest(imeis) as batch (imei)));
  -- Each device's own arrays, so that no device has to look through the records of all others.
  for device in
    select imei, count(*)::integer as records, array_agg(received_at order by place) as received, array_agg(record_time order by place) as times,
           array_agg(record_hash order by place) as hashes, array_agg(is_plausible order by place) as plausible
      from unnest(imeis, received, times, hashes, plausible) with ordinality
        as batch (imei, received_at, record_time, record_hash, is_plausible, place)
     group by imei
     order by imei
  loop
    done := 0;
    while done < device.records loop
      select event_id, record_count into open_event from tbl_iot_events
       where imei = device.imei and is_open
         for update skip locked;
      if not found then
        with numbered as (
          update tbl_iot_event_sequences
             set last_sequence = last_sequence + 1, last_transaction_id = greatest(last_transaction_id, pg_current_xact_id())
           where imei = device.imei
          returning last_sequence, last_transaction_id
        ),
        opened as (
          insert into tbl_iot_events (transaction_id, imei, sequence, type, is_open, record_count, newest_is_plausible)
          select last_transaction_id, device.imei, last_sequence, 'telemetry', true, 0, false from numbered
          on conflict (imei) where is_open do update set imei = null
          returning imei, sequence, event_id, type, record_count
        ),
        queued as (
          insert into tbl_iot_deliveries (imei, sequence, event_id, type)
          select imei, sequence, event_id, type from opened where to_deliver
        )
        select event_id, record_count into open_event from opened;
      end if;
      with batch as (
        select record_time, record_hash, received_at, is_plausible
          from unnest(device.received, device.times, device.hashes, device.plausible) with ordinality
            as batch (received_at, record_time, record_hash, is_plausible, place)
         order by place offset done limit most - open_event.record_count
      ),
      kept as (
        insert into tbl_iot_event_records (event_id, imei, iot_timestamp, record_hash)
        select open_event.event_id, device.imei, record_time, record_hash from batch
      ),
      newest as (
        select is_plausible, record_time, record_hash from batch
        union all
        select newest_is_plausible, newest_time, newest_hash from tbl_iot_events
         where event_id = open_event.event_id and newest_time is not null
        order by 1 desc, 2 desc, 3 desc limit 1
      ),
      arrived as (
        select count(*)::integer as records, min(received_at) as first_at, max(received_at) as last_at from batch
      )
      update tbl_iot_events event
         set record_count = event.record_count + arrived.records,
             first_received_at = least(event.first_received_at, arrived.first_at),
             last_received_at = greatest(event.last_received_at, arrived.last_at),
             newest_is_plausible = newest.is_plausible, newest_time = newest.record_time, newest_hash = newest.record_hash,
             is_open = event.record_count + arrived.records < most
        from newest, arrived
       where event.event_id = open_event.event_id;
      done := done + most - open_event.record_count;
    end loop;
  end loop;
end
$$;
