import { ForwardMigration } from './forward-migration.js';

/** The event log: what the host can receive, numbered for each device. */
export class Events1796000002000 extends ForwardMigration {
  readonly name = 'Events1796000002000';

  protected readonly statements = [
    `create table tbl_iot_event_sequences (
      imei text primary key,
      last_sequence bigint not null,
      telemetry_sequence bigint not null default 0,
      last_transaction_id xid8 not null default '0'
    ) with (fillfactor = 70)`,

    `comment on column tbl_iot_event_sequences.telemetry_sequence is 'The number of the newest telemetry event of the device. Only this event may be open.'`,

    // The primary key is the order of the feed: see docs/decisions/0007-events-for-the-host.md.
    `create table tbl_iot_events (
      transaction_id xid8 not null default pg_current_xact_id(),
      position bigint generated always as identity,
      sequence bigint not null,
      occurred_at timestamptz not null default now(),
      delivered_at timestamptz,
      dead_at timestamptz,
      first_received_at timestamptz,
      last_received_at timestamptz,
      newest_time timestamptz,
      newest_hash bigint,
      event_id uuid not null default gen_random_uuid() constraint events_event_id unique,
      record_count integer,
      records_left_out integer not null default 0,
      is_open boolean not null default false,
      newest_is_plausible boolean,
      imei text not null,
      type text not null,
      body json,
      constraint tbl_iot_events_pkey primary key (transaction_id, position),
      constraint events_sequence unique (imei, sequence),
      constraint events_have_a_body check (body is not null or type = 'telemetry'),
      constraint events_open_have_none check (not is_open or body is null)
    ) with (fillfactor = 80)`,
    `comment on column tbl_iot_events.is_open is 'A telemetry event that was neither sent nor read yet: newer records are merged into it.'`,
    `create index events_dead on tbl_iot_events (transaction_id, position) where dead_at is not null`,

    `create table tbl_iot_event_records (
      event_id uuid not null,
      imei text not null,
      iot_timestamp timestamptz not null,
      record_hash bigint not null,
      primary key (event_id, iot_timestamp, record_hash)
    )`,
    `comment on table tbl_iot_event_records is 'Keys of the records of a telemetry event; with WEBHOOK_TELEMETRY_RECORDS=all only.'`,
  ];
}
