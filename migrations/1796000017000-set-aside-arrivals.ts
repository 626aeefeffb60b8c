import { ForwardMigration } from './forward-migration.js';

/** Arrivals that no event could report, beside the queue. */
export class SetAsideArrivals1796000017000 extends ForwardMigration {
  readonly name = 'SetAsideArrivals1796000017000';

  protected readonly statements = [
    `create table tbl_iot_set_aside_arrivals (
      set_aside_id bigint generated always as identity primary key,
      set_aside_at timestamptz not null default now(),
      imei text,
      reason text not null,
      arrived_at timestamptz not null default now(),
      is_urgent boolean not null,
      imeis text[] not null,
      record_counts integer[] not null,
      first_received_ms bigint[] not null,
      last_received_ms bigint[] not null,
      newest_times_ms bigint[] not null,
      newest_hashes bigint[] not null,
      are_plausible boolean[] not null,
      key_counts integer[],
      key_times_ms bigint[],
      key_hashes bigint[]
    )`,
    `comment on table tbl_iot_set_aside_arrivals is 'Records whose report failed, as in tbl_iot_telemetry_arrivals. docs/operate/limits.md says how to report them again.'`,
    `create index set_aside_arrivals_time on tbl_iot_set_aside_arrivals (set_aside_at)`,
    `create index set_aside_arrivals_device on tbl_iot_set_aside_arrivals (imei, set_aside_id)`,
  ];
}
