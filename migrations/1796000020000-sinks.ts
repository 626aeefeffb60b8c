import { ForwardMigration } from './forward-migration.js';

/** Engines that receive events, each with its place in the event log and the instance that publishes to it. */
export class Sinks1796000020000 extends ForwardMigration {
  readonly name = 'Sinks1796000020000';

  protected readonly statements = [
    // Updated for every batch and every second: room on its page keeps the updates out of the index.
    `create table tbl_iot_sinks (
      name text primary key,
      engine text not null,
      transaction_id xid8 not null,
      position bigint not null,
      rewinds integer not null default 0,
      published bigint not null default 0,
      published_at timestamptz,
      leased_by uuid,
      leased_until timestamptz,
      paused_at timestamptz,
      expired_at timestamptz,
      last_error text,
      last_error_at timestamptz
    ) with (fillfactor = 10)`,
    `comment on column tbl_iot_sinks.position is 'With transaction_id: everything up to this place has been acknowledged by the engine.'`,
    `comment on column tbl_iot_sinks.rewinds is 'Counts how often an operator has set the place: what was read before is not published after it.'`,
    `comment on column tbl_iot_sinks.expired_at is 'Events behind the place were deleted, or the database was restored: nothing is published until the place is set.'`,
  ];
}
