import { ForwardMigration } from './forward-migration.js';

/** Work that one instance at a time does. */
export class Leases1796000022000 extends ForwardMigration {
  readonly name = 'Leases1796000022000';

  protected readonly statements = [
    // Renewed every second or two: room on its page keeps the updates out of the index.
    `create table tbl_iot_leases (
      name text primary key,
      instance_id uuid not null,
      leased_until timestamptz not null
    ) with (fillfactor = 20)`,
  ];
}
