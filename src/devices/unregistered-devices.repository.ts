import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AdmissionSettings } from '../platform/config/settings.js';
import { TableRetention } from '../platform/retention/table-retention.js';

/** What exists for an admitted IMEI alone. A sequence stays while events refer to it. */
const FORGET_DEVICES = `
  unlisted as (select imei from expired where not exists (select from tbl_iot_devices device where device.imei = expired.imei)),
  latest as (delete from tbl_iot_telemetry_latest latest using unlisted where latest.iot_imei = unlisted.imei),
  sequences as (
    delete from tbl_iot_event_sequences sequence using unlisted
     where sequence.imei = unlisted.imei and not exists (select from tbl_iot_events event where event.imei = sequence.imei)
  )`;

/**
 * In a statement with a CTE `asked (imei, address, device_status, allowed_ranges, admitted_at, is_unregistered)`: the refusal of each, with the
 * parameters for registered devices only and for the room. Devices of one IMEI take one place.
 */
export function refusalOf(registeredOnly: string, room: string): string {
  return `coalesce(
    iot_login_refusal(device_status, allowed_ranges, address, ${registeredOnly}),
    case when is_unregistered and admitted_at is null
          and dense_rank() over (partition by is_unregistered and admitted_at is null order by imei) > ${room} then 'limit' end)`;
}

/** A CTE that notes the admitted devices of the CTE `judged`; written once a day for each device. */
export const NOTE_UNREGISTERED = `
  noted as (
    insert into tbl_iot_unregistered_devices as known (imei)
    select distinct imei from judged
     where refusal is null and is_unregistered and (admitted_at is null or admitted_at < now() - interval '1 day')
     order by imei
    on conflict (imei) do update set last_seen = now()
    returning xmax = 0 as is_new
  )`;

/** How many of them were not known before. */
export const NEW_UNREGISTERED = '(select count(*)::int from noted where is_new)';

/** Counts and forgets rows of `tbl_iot_unregistered_devices`; the statements that admit devices write them. */
@Injectable()
export class UnregisteredDevicesRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    retention: TableRetention,
    settings: AdmissionSettings,
  ) {
    retention.register({
      table: 'tbl_iot_unregistered_devices',
      timeColumn: 'last_seen',
      retentionDays: settings.UNREGISTERED_DEVICES_RETENTION_DAYS,
      withExpired: FORGET_DEVICES,
    });
  }

  async count(): Promise<number> {
    const [row] = await this.dataSource.query<[{ count: number }]>(
      'select count(*)::int as count from tbl_iot_unregistered_devices',
    );
    return row.count;
  }
}
