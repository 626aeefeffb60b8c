-- Locks the sequences of devices in the order of their IMEIs, and creates those that are missing. Their holder may open
-- the telemetry events of these devices and merge records into them.
--
-- Why SQL: iot_append_telemetry and iot_append_telemetry_records call it.
create or replace function iot_lock_event_sequences(imeis text[]) returns void language plpgsql as $$
begin
  insert into tbl_iot_event_sequences (imei, last_sequence)
  select device.imei, 0 from unnest(imeis) as device (imei)
   where not exists (select from tbl_iot_event_sequences known where known.imei = device.imei)
   order by device.imei
  on conflict do nothing;
  perform from tbl_iot_event_sequences where imei = any (imeis) order by imei for update;
end
$$;
