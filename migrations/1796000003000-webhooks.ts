import { ForwardMigration } from './forward-migration.js';

/** Deliveries that are still to be made, and the attempts of all deliveries. */
export class Webhooks1796000003000 extends ForwardMigration {
  readonly name = 'Webhooks1796000003000';

  protected readonly statements = [
    `create table tbl_iot_deliveries (
      sequence bigint not null,
      next_attempt_at timestamptz not null default now(),
      leased_until timestamptz,
      event_id uuid not null,
      locked_by uuid,
      batch_id uuid,
      failures integer not null default 0,
      attempts integer not null default 0,
      alone boolean not null default false,
      held_by_outage boolean not null default false,
      imei text not null,
      type text not null,
      constraint tbl_iot_deliveries_pkey primary key (imei, sequence)
    ) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`,
    // Claims change columns without an index only, so that PostgreSQL writes no index entries for them (HOT): the free space of a page takes a longer version of each of its rows.
    `comment on column tbl_iot_deliveries.leased_until is 'While the delivery is locked: when the lease ends, and any instance may take it.'`,
    `create index deliveries_due on tbl_iot_deliveries (next_attempt_at)`,
    `create index deliveries_failures on tbl_iot_deliveries (next_attempt_at)
      where type = 'command.failed' and not alone and batch_id is null`,
    `create index deliveries_batch on tbl_iot_deliveries (batch_id) where batch_id is not null`,
    `create index deliveries_batch_due on tbl_iot_deliveries (next_attempt_at) where batch_id is not null`,

    `create table tbl_iot_delivery_attempts (
      event_id uuid not null,
      attempt integer not null,
      status integer,
      duration_ms integer not null,
      attempted_at timestamptz not null,
      webhook_id text not null,
      answer text,
      error text,
      primary key (event_id, attempt)
    )`,
    `alter table tbl_iot_events add column first_attempt json`,
    `comment on column tbl_iot_events.first_attempt is 'The attempt that delivered the event, where that was the first one: it has no row in tbl_iot_delivery_attempts.'`,
  ];
}
