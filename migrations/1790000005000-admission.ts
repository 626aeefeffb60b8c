import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which devices may talk, which unknown ones have tried, and what happened to each device lately. */
export class Admission1790000005000 implements MigrationInterface {
  readonly name = 'Admission1790000005000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tbl_iot_devices (
        imei text primary key,
        status text not null default 'registered' check (status in ('registered', 'banned')),
        name text,
        note text,
        ban_reason text,
        allowed_ranges cidr[] not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await queryRunner.query(
      `comment on column tbl_iot_devices.allowed_ranges is 'Where the device may log in from. Empty: from anywhere.'`,
    );
    await queryRunner.query(`
      create table tbl_iot_unknown_devices (
        imei text primary key,
        first_seen timestamptz not null,
        last_seen timestamptz not null,
        attempts bigint not null,
        last_address text not null
      )`);
    await queryRunner.query(`create index unknown_devices_by_time on tbl_iot_unknown_devices (last_seen, imei)`);

    // The one place that says who may log in: a login, a datagram and the look for sessions that may not stay all ask it.
    await queryRunner.query(`
      create function iot_login_refusal(device_status text, allowed_ranges cidr[], address text, registered_only boolean)
      returns text language sql immutable as $$
        select case
          when device_status = 'banned' then 'banned'
          when device_status is null and registered_only then 'unknown'
          when cardinality(allowed_ranges) > 0 then
            case when nullif(split_part(address, '%', 1), '')::inet <<= any (allowed_ranges::inet[]) then null else 'address' end
        end
      $$`);

    await queryRunner.query(`
      create table tbl_iot_device_log (
        log_id bigint generated always as identity,
        imei text not null,
        at timestamptz not null,
        kind text not null check (kind in ('login', 'refused', 'closed', 'rejected_frames', 'resent_records')),
        detail json not null,
        primary key (imei, log_id)
      )`);
    // Every login writes a row: entries come in the order of time, for which a BRIN index costs next to nothing.
    await queryRunner.query(`create index device_log_by_time on tbl_iot_device_log using brin (at)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
