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

    // One row per batch of records. The key is never reused, and rows are read from a transaction on before which all were relayed: an old
    // snapshot keeps every dead entry of an index alive, and none of them is read again.
    `create table tbl_iot_telemetry_arrivals (
      transaction_id xid8 not null default pg_current_xact_id(),
      arrival_id bigint generated always as identity,
      arrived_at timestamptz not null default now(),
      is_urgent boolean not null,
      imeis text[] not null,
      record_counts integer[] not null,
      first_received_ms bigint[] not null,
      last_received_ms bigint[] not null,
      newest_times_ms bigint[] not null,
      newest_hashes bigint[] not null,
      are_plausible boolean[] not null,
      key_counts integer[],
      key_times_ms bigint[],
      key_hashes bigint[],
      constraint tbl_iot_telemetry_arrivals_pkey primary key (transaction_id, arrival_id)
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
    `comment on table tbl_iot_telemetry_arrivals is 'Records of devices that no event reports yet: one element of each array per device. Times are Unix milliseconds.'`,
    `comment on column tbl_iot_telemetry_arrivals.key_counts is 'With WEBHOOK_TELEMETRY_RECORDS=all: how many of key_times_ms and key_hashes belong to each device, in their order.'`,
    `create index telemetry_arrivals_urgent on tbl_iot_telemetry_arrivals (transaction_id, arrival_id) where is_urgent`,
    // Without compression, which costs more than the bytes: a row lives for a second.
    ...['imeis', 'first_received_ms', 'last_received_ms', 'newest_times_ms', 'newest_hashes', 'key_times_ms', 'key_hashes'].map(
      (column) => `alter table tbl_iot_telemetry_arrivals alter column ${column} set storage external`,
    ),
    `create table tbl_iot_telemetry_relays (
      name text primary key,
      relayed_at timestamptz not null default now(),
      relayed_below xid8 not null default '0'
    ) with (fillfactor = 10)`,
    `comment on column tbl_iot_telemetry_relays.relayed_below is 'Every arrival of an earlier transaction has been relayed.'`,
    `insert into tbl_iot_telemetry_relays (name) values ('events')`,

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
