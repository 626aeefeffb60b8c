import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The body of a telemetry event, from its records. Each statement on the records names its moment, or its day, as a constant: PostgreSQL locks every
 * partition that it cannot leave out when it plans, and a join would make it lock all of them. Volatile, so that it sees records committed since
 * the calling statement began. The values of a record that retention has dropped meanwhile are left out.
 */
const TELEMETRY_BODY = `
  create or replace function iot_telemetry_body(event tbl_iot_events) returns json language plpgsql volatile as $$
  declare
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
      'latestTimestamp', iot_json_time(event.newest_time),
      'latestGps', case when newest.iot_imei is not null then iot_record_gps(newest) end,
      'latestAttributes', case when newest.iot_imei is not null then iot_record_attributes(newest) end,
      'latestIo', newest.io,
      'firstReceivedAt', iot_json_time(event.first_received_at),
      'lastReceivedAt', iot_json_time(event.last_received_at));
    for day in select distinct (kept.iot_timestamp at time zone 'UTC')::date as found
                 from tbl_iot_event_records kept where kept.event_id = event.event_id order by found
    loop
      execute format($query$
        select array_agg(json_build_object(
                 'timestamp', iot_json_time(entry.iot_timestamp), 'receivedAt', iot_json_time(entry.timestamp),
                 'priority', entry.priority, 'eventIoId', entry.event_io_id,
                 'gps', iot_record_gps(entry), 'attributes', iot_record_attributes(entry), 'io', entry.io)
                 order by entry.iot_timestamp, entry.record_hash)
          from tbl_iot_event_records kept
          join tbl_iot_telemetry_data entry
            on entry.iot_imei = kept.imei and entry.iot_timestamp = kept.iot_timestamp and entry.record_hash = kept.record_hash
         where kept.event_id = %L and entry.iot_timestamp >= %L and entry.iot_timestamp < %L$query$,
        event.event_id, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC') into of_day;
      bodies := bodies || of_day;
    end loop;
    if bodies is null then
      return summary;
    end if;
    return (left(summary::text, -1) || ', "records" : ' || array_to_json(bodies)::text || '}')::json;
  end
  $$`;

/** Which days a device has records of, so that reads open only the partitions of those days. */
export class TelemetryDays1790000007000 implements MigrationInterface {
  readonly name = 'TelemetryDays1790000007000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tbl_iot_telemetry_device_days (
        iot_imei text primary key,
        days int4multirange not null
      )`);
    await queryRunner.query(
      `comment on table tbl_iot_telemetry_device_days is 'Days since 1970-01-01 of which a device may have records in a partition of their own. Every day it has is in here; the default partition is not covered.'`,
    );
    // A partition that exists now is indexed by the gateway in the background: reading all of them here would take long.
    await queryRunner.query(`create table tbl_iot_telemetry_indexed_days (day integer primary key)`);
    await queryRunner.query(
      `comment on table tbl_iot_telemetry_indexed_days is 'Partitions whose devices are all in tbl_iot_telemetry_device_days. Delete the row of a day to have its partition read again.'`,
    );
    await queryRunner.query(TELEMETRY_BODY);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
