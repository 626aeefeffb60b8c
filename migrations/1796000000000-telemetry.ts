import { ForwardMigration } from './forward-migration.js';

/** Telemetry records, the newest record of each device, the days of each device, and the quarantine. */
export class Telemetry1796000000000 extends ForwardMigration {
  readonly name = 'Telemetry1796000000000';

  protected readonly statements = [
    // The primary key identifies a record: device, device time, and a hash of the record's bytes. iot_imei is the first
    // column, so that the records of one device are stored together, and the table can be distributed by it.
    `create table tbl_iot_telemetry_data (
      iot_timestamp timestamptz not null,
      record_hash bigint not null,
      timestamp timestamptz not null,
      external_extended_voltage bigint,
      trip_odometer bigint,
      total_odometer bigint,
      extended_analog_input_1 bigint,
      extended_analog_input_2 bigint,
      gsm_operator bigint,
      angle integer not null,
      speed integer not null,
      event_io_id integer not null,
      internal_battery_voltage integer,
      internal_battery_current integer,
      external_voltage integer,
      gsm_cell_id integer,
      gsm_area_code integer,
      analog_input_1 integer,
      analog_input_2 integer,
      gnss_speed integer,
      gnss_pdop integer,
      gnss_hdop integer,
      altitude smallint not null,
      satellites smallint not null,
      priority smallint not null,
      generation_type smallint,
      internal_battery_percent smallint,
      gsm_signal smallint,
      movement smallint,
      sleep_mode smallint,
      x_axis smallint,
      y_axis smallint,
      z_axis smallint,
      digital_input_1 smallint,
      digital_input_2 smallint,
      digital_input_3 smallint,
      digital_input_4 smallint,
      digital_output_1 smallint,
      digital_output_2 smallint,
      dout1_overcurrent smallint,
      dout2_overcurrent smallint,
      instant_movement smallint,
      ignition smallint,
      gnss_status smallint,
      iot_imei text not null,
      latitude numeric(10,7) not null,
      longitude numeric(10,7) not null,
      iccid1 numeric(20,0),
      iccid2 numeric(20,0),
      iso6709_coordinates text,
      io jsonb,
      constraint tbl_iot_telemetry_data_pkey primary key (iot_imei, iot_timestamp, record_hash)
    ) partition by range (iot_timestamp)`,
    `comment on table tbl_iot_telemetry_data is 'One row per AVL record. Attribute columns hold raw values; io holds elements without a column.'`,
    `comment on column tbl_iot_telemetry_data.timestamp is 'When the gateway received the record.'`,
    `comment on column tbl_iot_telemetry_data.iot_timestamp is 'When the device created the record, by its own clock.'`,
    `comment on column tbl_iot_telemetry_data.record_hash is 'XXH64 of the bytes of the record.'`,
    `create table tbl_iot_telemetry_data_default partition of tbl_iot_telemetry_data default`,
    // Creating the partition of a day moves its rows out of the default partition. This index finds them.
    `create index tbl_iot_telemetry_data_default_time on tbl_iot_telemetry_data_default (iot_timestamp)`,

    `create table tbl_iot_telemetry_latest (like tbl_iot_telemetry_data)`,
    `alter table tbl_iot_telemetry_latest add constraint tbl_iot_telemetry_latest_pkey primary key (iot_imei)`,
    `alter table tbl_iot_telemetry_latest set (fillfactor = 70)`,
    `comment on table tbl_iot_telemetry_latest is 'The newest record of each device.'`,

    `create table tbl_iot_telemetry_device_days (
      iot_imei text primary key,
      days int4multirange not null
    )`,
    `comment on table tbl_iot_telemetry_device_days is 'Days since 1970-01-01 for which a device may have records in the partition of the day. No such day is missing; the default partition is not covered.'`,
    `create table tbl_iot_telemetry_indexed_days (day integer primary key)`,
    `comment on table tbl_iot_telemetry_indexed_days is 'Partitions whose devices are all in tbl_iot_telemetry_device_days. Delete the row of a day to have its partition read again.'`,

    `create table tbl_iot_telemetry_quarantine (
      quarantine_id bigint generated always as identity primary key,
      received_at timestamptz not null default now(),
      last_received_at timestamptz not null default now(),
      occurrences bigint not null default 1,
      iot_imei text not null,
      remote_address text not null,
      scope text not null check (scope in ('frame', 'record')),
      code text not null,
      detail text not null,
      raw bytea not null,
      raw_hash bytea not null generated always as (sha256(raw)) stored,
      constraint tbl_iot_telemetry_quarantine_once unique (iot_imei, raw_hash)
    )`,
    `comment on table tbl_iot_telemetry_quarantine is 'Bytes that a device sent and that could not be stored as records.'`,
    `create index telemetry_quarantine_by_time on tbl_iot_telemetry_quarantine (received_at, quarantine_id)`,
    `create index telemetry_quarantine_of_device on tbl_iot_telemetry_quarantine (iot_imei, quarantine_id)`,
  ];
}
