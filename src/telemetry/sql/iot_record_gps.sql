-- The position of a record as the host receives it. Without a fix the coordinates are the last known ones, or null when the
-- device has sent 0/0.
--
-- Why SQL: iot_telemetry_bodies and iot_event_records call it, for up to 100 records of an event.
create or replace function iot_record_gps(entry tbl_iot_telemetry_data) returns json language sql immutable as $$
  select json_build_object(
    'latitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.latitude::float8 end,
    'longitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.longitude::float8 end,
    'altitude', entry.altitude, 'angle', entry.angle, 'satellites', entry.satellites, 'speed', entry.speed,
    'fix', entry.satellites > 0)
$$;
