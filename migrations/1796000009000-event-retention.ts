import { ForwardMigration } from './forward-migration.js';

/** Up to where the log of events has been deleted from. */
export class EventRetention1796000009000 extends ForwardMigration {
  readonly name = 'EventRetention1796000009000';

  protected readonly statements = [
    `create table tbl_iot_event_retention (
      is_only boolean primary key default true constraint event_retention_one_row check (is_only),
      transaction_id xid8 not null,
      position bigint not null
    )`,
    `comment on table tbl_iot_event_retention is 'The newest event that retention has deleted. A reader that has not come so far has missed events.'`,
  ];
}
