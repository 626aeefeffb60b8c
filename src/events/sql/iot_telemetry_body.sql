-- The body of one telemetry event: see iot_telemetry_bodies.
--
-- Why SQL: the claim of deliveries closes events with it, in the statement that leases them.
create or replace function iot_telemetry_body(event tbl_iot_events) returns json language plpgsql volatile as $$
begin
  return (select made.body from iot_telemetry_bodies(array[event.event_id]) made);
end
$$;
