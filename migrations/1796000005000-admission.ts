import { ForwardMigration } from './forward-migration.js';

/** Which devices may connect: registered and banned ones, admitted ones that are not registered, and unknown ones that were refused. */
export class Admission1796000005000 extends ForwardMigration {
  readonly name = 'Admission1796000005000';

  protected readonly statements = [
    `create table tbl_iot_devices (
      imei text primary key,
      status text not null default 'registered' check (status in ('registered', 'banned')),
      name text,
      note text,
      ban_reason text,
      allowed_ranges cidr[] not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`,
    `comment on column tbl_iot_devices.allowed_ranges is 'Addresses that the device may log in from. Empty: any address.'`,

    `create table tbl_iot_unregistered_devices (
      imei text primary key,
      first_seen timestamptz not null default now(),
      last_seen timestamptz not null default now()
    )`,
    `comment on table tbl_iot_unregistered_devices is 'Devices admitted without being registered (DEVICE_ADMISSION=open). MAX_UNREGISTERED_DEVICES limits their number.'`,
    `comment on column tbl_iot_unregistered_devices.last_seen is 'The last login or datagram, updated once a day.'`,
    `create index unregistered_devices_by_time on tbl_iot_unregistered_devices (last_seen)`,

    `create table tbl_iot_unknown_devices (
      imei text primary key,
      first_seen timestamptz not null,
      last_seen timestamptz not null,
      attempts bigint not null,
      last_address text not null
    )`,
    `comment on table tbl_iot_unknown_devices is 'Devices that are not registered and were refused (DEVICE_ADMISSION=registered).'`,
    `create index unknown_devices_by_time on tbl_iot_unknown_devices (last_seen, imei)`,
  ];
}
