-- The bodies of telemetry events, from the records they stand for. Values of a record that retention has deleted are left out.
--
-- Why SQL: an update sets the bodies and closes the events in one statement, for hundreds of events, without sending the records to
-- the gateway and back; so does the claim of deliveries. Volatile, so that it sees records that were committed after the calling statement began. The caller has
-- locked the events.
--
-- One statement for each day of the newest records, which is nearly always one. It names the day as constants: PostgreSQL locks
-- every partition that it cannot exclude when it plans. 500 bodies took 0.11 s; with a statement for each event
-- 0.27 s, most of it for planning. Each newest record is looked up by its key: the partition of a new day has no statistics, and a join of it can be
-- planned as a reading of all of it.
create or replace function iot_telemetry_bodies(event_ids uuid[]) returns table (event_id uuid, body json) language plpgsql volatile rows 100 as $$
declare
  json_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  day date;
begin
  for day in select distinct (event.newest_time at time zone 'UTC')::date from tbl_iot_events event where event.event_id = any (event_ids)
  loop
    return query execute format($query$
      select event.event_id,
             (left(json_build_object(
                 'imei', event.imei,
                 'recordCount', event.record_count,
                 'latestTimestamp', to_char(event.newest_time at time zone 'UTC', %1$L),
                 'latestGps', newest.gps,
                 'latestAttributes', newest.attributes,
                 'latestIo', newest.io,
                 'firstReceivedAt', to_char(event.first_received_at at time zone 'UTC', %1$L),
                 'lastReceivedAt', to_char(event.last_received_at at time zone 'UTC', %1$L))::text, -1)
               || case when event.records_left_out > 0 then ', "recordsLeftOut" : ' || event.records_left_out else '' end
               || case when exists (select from tbl_iot_event_records kept where kept.event_id = event.event_id)
                       then coalesce(', "records" : ' || iot_event_records(event.event_id)::text, '') else '' end
               || '}')::json
        from tbl_iot_events event
        left join lateral (
          select iot_record_gps(entry) as gps, %4$s as attributes, entry.io
            from tbl_iot_telemetry_data entry
           where entry.iot_imei = event.imei and entry.iot_timestamp = event.newest_time and entry.record_hash = event.newest_hash
             and entry.iot_timestamp >= %2$L and entry.iot_timestamp < %3$L
           limit 1) newest on true
       where event.event_id = any ($1) and event.newest_time >= %2$L and event.newest_time < %3$L$query$,
      json_time, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', iot_attributes_expression('entry')) using event_ids;
  end loop;
end
$$;
