import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Who did what over the REST API and the command line. */
export class Audit1790000004100 implements MigrationInterface {
  readonly name = 'Audit1790000004100';

  async up(queryRunner: QueryRunner): Promise<void> {
    // No reference to the keys: IOT_API_KEY has no row, and what was done stays true whatever becomes of a key.
    await queryRunner.query(`
      create table tbl_iot_audit (
        audit_id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        action text not null,
        key_id bigint,
        key_name text not null,
        imei text,
        details json not null,
        remote_address text,
        request_id text
      )`);
    await queryRunner.query(`create index audit_by_time on tbl_iot_audit (at, audit_id)`);
    await queryRunner.query(`create index audit_of_key on tbl_iot_audit (key_name, at, audit_id)`);
    await queryRunner.query(`create index audit_of_device on tbl_iot_audit (imei, at, audit_id) where imei is not null`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
