-- The body of a telemetry event, from the records it stands for. Values of a record that retention has deleted are left out.
--
-- Why SQL: an update sets the body and closes the event in one statement, for up to 100 events with 100 records each, without
-- sending the records to the gateway and back. Volatile, so that it sees records that were committed after the calling statement
-- began.
--
-- Each statement on the records names their time, or their day, as a constant: PostgreSQL locks every partition that it cannot
-- exclude when it plans, and a join would make it lock all of them.
create or replace function iot_telemetry_body(event tbl_iot_events) returns json language plpgsql volatile as $$
declare
  json_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  newest tbl_iot_telemetry_data;
  bodies json[];
  of_day json[];
  day date;
  summary json;
begin
  execute format('select * from tbl_iot_telemetry_data where iot_imei = %L and iot_timestamp = %L and record_hash = %L',
                 event.imei, event.newest_time, event.newest_hash) into newest;
  summary := json_build_object(
    'imei', event.imei,
    'recordCount', event.record_count,
    'latestTimestamp', to_char(event.newest_time at time zone 'UTC', json_time),
    'latestGps', case when newest.iot_imei is not null then iot_record_gps(newest) end,
    'latestAttributes', case when newest.iot_imei is not null then iot_record_attributes(newest) end,
    'latestIo', newest.io,
    'firstReceivedAt', to_char(event.first_received_at at time zone 'UTC', json_time),
    'lastReceivedAt', to_char(event.last_received_at at time zone 'UTC', json_time));
  for day in select distinct (kept.iot_timestamp at time zone 'UTC')::date as found
               from tbl_iot_event_records kept where kept.event_id = event.event_id order by found
  loop
    execute format($query$
      select array_agg(json_build_object(
               'timestamp', to_char(entry.iot_timestamp at time zone 'UTC', %1$L),
               'receivedAt', to_char(entry.timestamp at time zone 'UTC', %1$L),
               'priority', entry.priority, 'eventIoId', entry.event_io_id,
               'gps', iot_record_gps(entry), 'attributes', iot_record_attributes(entry), 'io', entry.io)
               order by entry.iot_timestamp, entry.record_hash)
        from tbl_iot_event_records kept
        join tbl_iot_telemetry_data entry
          on entry.iot_imei = kept.imei and entry.iot_timestamp = kept.iot_timestamp and entry.record_hash = kept.record_hash
       where kept.event_id = %2$L and entry.iot_timestamp >= %3$L and entry.iot_timestamp < %4$L$query$,
      json_time, event.event_id, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC') into of_day;
    bodies := bodies || of_day;
  end loop;
  if event.records_left_out > 0 then
    summary := left(summary::text, -1) || format(', "recordsLeftOut" : %s}', event.records_left_out);
  end if;
  if bodies is null then
    return summary;
  end if;
  return (left(summary::text, -1) || ', "records" : ' || array_to_json(bodies)::text || '}')::json;
end
$$;
