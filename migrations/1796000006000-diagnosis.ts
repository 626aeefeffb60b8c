import { ForwardMigration } from './forward-migration.js';

/** The device log: the latest connections, refusals and rejected frames of each device. */
export class Diagnosis1796000006000 extends ForwardMigration {
  readonly name = 'Diagnosis1796000006000';

  protected readonly statements = [
    `create table tbl_iot_device_log (
      log_id bigint generated always as identity,
      imei text not null,
      at timestamptz not null,
      kind text not null check (kind in ('login', 'refused', 'closed', 'rejected_frames', 'resent_records')),
      detail json not null,
      primary key (imei, log_id)
    )`,
    // Every login writes a row. Rows are inserted nearly in the order of time, and a BRIN index costs little.
    `create index device_log_by_time on tbl_iot_device_log using brin (at)`,
  ];
}
