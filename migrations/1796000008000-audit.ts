import { ForwardMigration } from './forward-migration.js';

/** Who did what over the REST API and the command line. */
export class Audit1796000008000 extends ForwardMigration {
  readonly name = 'Audit1796000008000';

  protected readonly statements = [
    // No foreign key to tbl_iot_api_keys: IOT_API_KEY has no row there, and an entry must not depend on its key.
    `create table tbl_iot_audit (
      audit_id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      action text not null,
      key_id bigint,
      key_name text not null,
      imei text,
      details json not null,
      remote_address text,
      request_id text
    )`,
    `create index audit_by_time on tbl_iot_audit (at, audit_id)`,
    `create index audit_of_key on tbl_iot_audit (key_name, at, audit_id)`,
    `create index audit_of_device on tbl_iot_audit (imei, at, audit_id) where imei is not null`,
  ];
}
