import { ForwardMigration } from './forward-migration.js';

/** The running instances, and which of them each device is connected to. */
export class Sessions1796000004000 extends ForwardMigration {
  readonly name = 'Sessions1796000004000';

  protected readonly statements = [
    `create table tbl_iot_instances (
      instance_id uuid primary key,
      name text not null,
      started_at timestamptz not null default now(),
      heartbeat_at timestamptz not null default now(),
      dead_after interval not null,
      stats json
    )`,
    `comment on table tbl_iot_instances is 'One row per running gateway process. An instance whose heartbeat is older than dead_after is dead, and the others remove it.'`,

    // One sequence for all devices: a device that disconnects and connects again never gets an epoch that was used before.
    `create sequence iot_session_epochs`,
    // Each login rewrites the row: the fill factor leaves room for the new version in the same page.
    `create table tbl_iot_device_sessions (
      imei text primary key,
      instance_id uuid not null references tbl_iot_instances,
      epoch bigint not null default nextval('iot_session_epochs'),
      connection_id uuid not null,
      connected_at timestamptz not null,
      remote_address text not null,
      remote_port integer not null,
      previous_instance_id uuid
    ) with (fillfactor = 70)`,
    `comment on table tbl_iot_device_sessions is 'The connected devices. A change for a device names the epoch of its session; one with an older epoch has no effect.'`,
    `create index device_sessions_of_instance on tbl_iot_device_sessions (instance_id)`,
  ];
}
