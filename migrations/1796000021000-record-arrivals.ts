import { ForwardMigration } from './forward-migration.js';

/** The keys of stored records in the order of their storing, for sinks of all records (SINK_TELEMETRY=records). */
export class RecordArrivals1796000021000 extends ForwardMigration {
  readonly name = 'RecordArrivals1796000021000';

  protected readonly statements = [
    `create table tbl_iot_record_arrivals (
      transaction_id xid8 not null default pg_current_xact_id(),
      position bigint generated always as identity,
      arrived_at timestamptz not null default now(),
      imeis text[] not null,
      key_counts integer[] not null,
      key_times_ms bigint[] not null,
      key_hashes bigint[] not null,
      constraint tbl_iot_record_arrivals_pkey primary key (transaction_id, position)
    )`,
    `comment on table tbl_iot_record_arrivals is 'With SINK_TELEMETRY=records: the keys of the new records of one batch. key_counts says how many belong to each device.'`,
    // Without compression, which costs more than the bytes.
    ...['imeis', 'key_times_ms', 'key_hashes'].map(
      (column) => `alter table tbl_iot_record_arrivals alter column ${column} set storage external`,
    ),
    `create table tbl_iot_record_arrival_retention (
      is_only boolean primary key default true check (is_only),
      transaction_id xid8 not null,
      position bigint not null
    )`,
    `comment on table tbl_iot_record_arrival_retention is 'The newest row of tbl_iot_record_arrivals that retention has deleted.'`,
  ];
}
