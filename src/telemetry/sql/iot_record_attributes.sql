-- The attributes of a record as the host receives them: every column that not all records have, so that a new column needs no
-- change here. The second half of an ICCID has at least ten digits; its numeric column has lost the leading zeros.
--
-- Why SQL: iot_telemetry_bodies and iot_event_records call it, for up to 100 records of an event.
create or replace function iot_record_attributes(entry tbl_iot_telemetry_data) returns jsonb language sql immutable as $$
  select jsonb_strip_nulls(
    to_jsonb(entry)
      - '{iot_imei,iot_timestamp,record_hash,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,event_io_id,generation_type,io}'::text[]
      || jsonb_build_object('iccid1', entry.iccid1::text,
                            'iccid2', lpad(entry.iccid2::text, greatest(10, length(entry.iccid2::text)), '0')))
$$;
