-- The body of one telemetry event: see iot_telemetry_bodies.
--
-- Why SQL: instances of the version before close events with it, and they run beside this one during a rolling update.
create or replace function iot_telemetry_body(event tbl_iot_events) returns json language plpgsql volatile as $$
begin
  return (select made.body from iot_telemetry_bodies(array[event.event_id]) made);
end
$$;
