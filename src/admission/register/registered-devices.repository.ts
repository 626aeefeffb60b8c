import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { instanceChannel } from '../../platform/cluster/instances.repository.js';
import { type Page, readPage } from '../../platform/database/bounded-page.js';
import { loginRefusal } from '../admission-rule.js';
import { type RegisteredDevice, type RegisteredDeviceStatus, type Registration } from './registered-device.js';

const FIELDS = `
  imei, status, name, note, ban_reason as "banReason", allowed_ranges::text[] as "allowedRanges", created_at as "createdAt",
  updated_at as "updatedAt"`;

/** In the select list of a statement over changed devices: wakes the instance that holds one, in the same transaction. */
const WAKE_HOLDER = `
  (select pg_notify(${instanceChannel('session.instance_id')}, 'admission ' || session.imei)::text
     from tbl_iot_device_sessions session where session.imei = changed.imei) as woken`;

type Changed = RegisteredDevice & { woken?: unknown };

/** SQL on `tbl_iot_devices`. */
@Injectable()
export class RegisteredDevicesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** All or none; returns those that were not there before. A ban stays. What is left out stays as it is; null clears it. */
  async register(manager: EntityManager, devices: readonly Registration[]): Promise<ReadonlySet<string>> {
    const rows = await manager.query<{ imei: string; created: boolean }[]>(
      `with changed as (
         insert into tbl_iot_devices as device (imei, name, note, allowed_ranges)
         select imei, name, note, ranges::cidr[] from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as given (imei, name, note, ranges)
          order by imei
         on conflict (imei) do update
            set name = case when device.imei = any ($5::text[]) then device.name else excluded.name end,
                note = case when device.imei = any ($6::text[]) then device.note else excluded.note end,
                allowed_ranges = case when device.imei = any ($7::text[]) then device.allowed_ranges else excluded.allowed_ranges end,
                updated_at = now()
         returning imei, xmax = 0 as created
       ),
       known as (delete from tbl_iot_unknown_devices where imei = any ($1::text[])),
       admitted as (delete from tbl_iot_unregistered_devices where imei = any ($1::text[]))
       select imei, created, ${WAKE_HOLDER} from changed`,
      [
        devices.map(({ imei }) => imei),
        devices.map(({ name }) => name ?? null),
        devices.map(({ note }) => note ?? null),
        devices.map(({ allowedRanges }) => `{${(allowedRanges ?? []).join(',')}}`),
        imeisWithout(devices, 'name'),
        imeisWithout(devices, 'note'),
        imeisWithout(devices, 'allowedRanges'),
      ],
    );
    return new Set(rows.filter(({ created }) => created).map(({ imei }) => imei));
  }

  /** Also bans a device that was never registered. */
  async ban(manager: EntityManager, imei: string, reason: string | null): Promise<RegisteredDevice | null> {
    return first(
      await manager.query<Changed[]>(
        `with changed as (
           insert into tbl_iot_devices as device (imei, status, ban_reason) values ($1, 'banned', $2)
           on conflict (imei) do update set status = 'banned', ban_reason = excluded.ban_reason, updated_at = now()
           returning *
         )
         select ${FIELDS}, ${WAKE_HOLDER} from changed`,
        [imei, reason],
      ),
    );
  }

  async unban(manager: EntityManager, imei: string): Promise<RegisteredDevice | null> {
    return first(
      await manager.query<Changed[]>(
        `with changed as (
           update tbl_iot_devices set status = 'registered', ban_reason = null, updated_at = now() where imei = $1 returning *
         )
         select ${FIELDS} from changed`,
        [imei],
      ),
    );
  }

  /** Returns whether it was there. */
  async remove(manager: EntityManager, imei: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `with changed as (delete from tbl_iot_devices where imei = $1 returning imei) select ${WAKE_HOLDER} from changed`,
      [imei],
    );
    return rows.length > 0;
  }

  async find(imei: string): Promise<RegisteredDevice | null> {
    return first(await this.dataSource.query<Changed[]>(`select ${FIELDS} from tbl_iot_devices where imei = $1`, [imei]));
  }

  /** In the order of the IMEIs. */
  async list(filter: { status: RegisteredDeviceStatus | null; after: string; limit: number }): Promise<Page<RegisteredDevice>> {
    return readPage<RegisteredDevice>(
      this.dataSource.manager,
      {
        fields: FIELDS,
        alias: 'device',
        columns: '*',
        from: 'tbl_iot_devices device',
        where: 'where imei > $1 and ($2::text is null or status = $2)',
        orderBy: 'imei',
        bytes: `coalesce(octet_length(name), 0) + coalesce(octet_length(note), 0) + coalesce(octet_length(ban_reason), 0)
                + 50 * coalesce(cardinality(allowed_ranges), 0)`,
        limit: filter.limit,
      },
      [filter.after, filter.status],
    );
  }

  /** Devices of this instance, or this one of them, whose session would not be opened now. */
  async findNotAdmitted(
    instanceId: string,
    imei: string | null,
    registeredOnly: boolean,
  ): Promise<{ imei: string; epoch: number }[]> {
    return this.dataSource.query<{ imei: string; epoch: number }[]>(
      `select session.imei, session.epoch::float8 as epoch
         from tbl_iot_device_sessions session left join tbl_iot_devices device using (imei)
        where session.instance_id = $1 and ($2::text is null or session.imei = $2)
          and ${loginRefusal({ status: 'device.status', ranges: 'device.allowed_ranges', address: 'session.remote_address', registeredOnly: '$3' })} is not null`,
      [instanceId, imei, registeredOnly],
    );
  }
}

/** The devices whose registration leaves a field out, so that it keeps its value. */
function imeisWithout(devices: readonly Registration[], field: keyof Registration): string[] {
  return devices.filter((device) => device[field] === undefined).map(({ imei }) => imei);
}

function first(rows: readonly Changed[]): RegisteredDevice | null {
  const [row] = rows;
  if (!row) {
    return null;
  }
  const { woken: _woken, ...device } = row;
  return device;
}
