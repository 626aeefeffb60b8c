-- The records that a telemetry event lists, in the order of their device times; null when none of them is stored any more.
--
-- Why SQL: iot_telemetry_bodies calls it, for up to 100 records of an event. One statement for each day, which it names as constants.
-- Each record is looked up by its key: the partition of a new day has no statistics, and a join of it can be planned as a reading of all of it.
create or replace function iot_event_records(listed_event uuid) returns json language plpgsql volatile as $$
declare
  json_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  records json[];
  of_day json[];
  day date;
begin
  for day in select distinct (kept.iot_timestamp at time zone 'UTC')::date as found
               from tbl_iot_event_records kept where kept.event_id = listed_event order by found
  loop
    execute format($query$
      select array_agg(found.record order by kept.iot_timestamp, kept.record_hash)
        from tbl_iot_event_records kept
       cross join lateral (
         select json_build_object(
                  'timestamp', to_char(entry.iot_timestamp at time zone 'UTC', %1$L),
                  'receivedAt', to_char(entry.timestamp at time zone 'UTC', %1$L),
                  'priority', entry.priority, 'eventIoId', entry.event_io_id,
                  'gps', iot_record_gps(entry), 'attributes', %5$s, 'io', entry.io) as record
           from tbl_iot_telemetry_data entry
          where entry.iot_imei = kept.imei and entry.iot_timestamp = kept.iot_timestamp and entry.record_hash = kept.record_hash
            and entry.iot_timestamp >= %3$L and entry.iot_timestamp < %4$L
          limit 1) found
       where kept.event_id = %2$L and kept.iot_timestamp >= %3$L and kept.iot_timestamp < %4$L$query$,
      json_time, listed_event, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', iot_attributes_expression('entry')) into of_day;
    records := records || of_day;
  end loop;
  return array_to_json(records);
end
$$;
