import { ForwardMigration } from './forward-migration.js';

/** What a standby must show of the primary before a gateway reads from it. */
export class ReadMarkers1796000012000 extends ForwardMigration {
  readonly name = 'ReadMarkers1796000012000';

  protected readonly statements = [
    // One row per gateway, updated every second: room on its page keeps the updates out of the index.
    `create table tbl_iot_read_markers (
      gateway_id uuid primary key,
      marker bigint not null,
      written_at timestamptz not null default now()
    ) with (fillfactor = 20)`,
  ];
}
