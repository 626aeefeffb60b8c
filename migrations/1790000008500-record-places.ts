import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What a host is sent of a record: whether it has a fix, no coordinates where it never had one, and both halves of the ICCID in full. */
export class RecordPlaces1790000008500 implements MigrationInterface {
  readonly name = 'RecordPlaces1790000008500';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create or replace function iot_record_gps(entry tbl_iot_telemetry_data) returns json language sql immutable as $$
        select json_build_object(
          'latitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.latitude::float8 end,
          'longitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.longitude::float8 end,
          'altitude', entry.altitude, 'angle', entry.angle, 'satellites', entry.satellites, 'speed', entry.speed,
          'fix', entry.satellites > 0)
      $$`);
    // The second half of an ICCID has at least ten digits; its numeric column has lost the leading zeros.
    await queryRunner.query(`
      create or replace function iot_record_attributes(entry tbl_iot_telemetry_data) returns jsonb language sql immutable as $$
        select jsonb_strip_nulls(
          to_jsonb(entry)
            - '{iot_imei,iot_timestamp,record_hash,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,event_io_id,generation_type,io}'::text[]
            || jsonb_build_object('iccid1', entry.iccid1::text,
                                  'iccid2', lpad(entry.iccid2::text, greatest(10, length(entry.iccid2::text)), '0')))
      $$`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
