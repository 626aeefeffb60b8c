import { ForwardMigration } from './forward-migration.js';

/** Which cursors are those of the cluster from which the database was restored. */
export class EventAdoption1796000018000 extends ForwardMigration {
  readonly name = 'EventAdoption1796000018000';

  protected readonly statements = [
    `create table tbl_iot_event_adoption (
      is_only boolean primary key default true constraint event_adoption_one_row check (is_only),
      transaction_id xid8 not null,
      first_position bigint not null
    )`,
    `comment on table tbl_iot_event_adoption is 'Of a database that was restored into a cluster with lower transaction numbers: the transaction that has given its events new numbers, and the position before those of all events since.'`,
  ];
}
