import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Records, the newest record of each device, and the quarantine of what could not be stored as a record. */
export class Telemetry1790000000000 implements MigrationInterface {
  readonly name = 'Telemetry1790000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The key holds what makes a record the same record: device, device time, and a hash of its own bytes. iot_imei
    // comes first, so one device's records lie together, and the table can be distributed by it.
    await queryRunner.query(`
      create table tbl_iot_telemetry_data (
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
      ) partition by range (iot_timestamp)`);
    await queryRunner.query(
      `comment on table tbl_iot_telemetry_data is 'One row per AVL record. Attribute columns hold raw values; io holds what has no column.'`,
    );
    await queryRunner.query(`comment on column tbl_iot_telemetry_data.timestamp is 'When the gateway received the record.'`);
    await queryRunner.query(
      `comment on column tbl_iot_telemetry_data.iot_timestamp is 'When the device made the record, by its own clock.'`,
    );
    await queryRunner.query(`comment on column tbl_iot_telemetry_data.record_hash is 'XXH64 of the bytes of the record.'`);

    await queryRunner.query(`create table tbl_iot_telemetry_data_default partition of tbl_iot_telemetry_data default`);
    // Making a day's partition moves its rows out of the default one, and has to find them.
    await queryRunner.query(`create index tbl_iot_telemetry_data_default_time on tbl_iot_telemetry_data_default (iot_timestamp)`);

    await queryRunner.query(`create table tbl_iot_telemetry_latest (like tbl_iot_telemetry_data)`);
    await queryRunner.query(
      `alter table tbl_iot_telemetry_latest add constraint tbl_iot_telemetry_latest_pkey primary key (iot_imei)`,
    );
    await queryRunner.query(`alter table tbl_iot_telemetry_latest set (fillfactor = 70)`);

    await queryRunner.query(`
      create table tbl_iot_telemetry_quarantine (
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
      )`);
    await queryRunner.query(
      `comment on table tbl_iot_telemetry_quarantine is 'Bytes that a device sent and that could not be stored as records: kept so that nothing is lost.'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
