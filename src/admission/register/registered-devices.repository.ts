import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type Repository } from 'typeorm';
import { instanceChannel } from '../../platform/cluster/instances.repository.js';
import { type Page, readPage } from '../../platform/database/bounded-page.js';
import { loginRefusal } from '../admission-rule.js';
import { RegisteredDevice } from './registered-device.entity.js';
import { type RegisteredDeviceStatus, type Registration } from './registered-device.js';

const FIELDS = `
  imei, status, name, note, ban_reason as "banReason", allowed_ranges::text[] as "allowedRanges", created_at as "createdAt",
  updated_at as "updatedAt"`;

/** Access to `tbl_iot_devices`. */
@Injectable()
export class RegisteredDevicesRepository {
  constructor(@InjectRepository(RegisteredDevice) private readonly devices: Repository<RegisteredDevice>) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.devices.manager.transaction(work);
  }

  /** SQL: one statement for many devices. All or none; returns those that were not there before. A ban stays. What is left out stays as it is; null clears it. */
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
       select imei, created from changed`,
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
    await this.wakeHolders(
      manager,
      devices.map(({ imei }) => imei),
    );
    return new Set(rows.filter(({ created }) => created).map(({ imei }) => imei));
  }

  /** Also bans a device that was never registered. */
  async ban(manager: EntityManager, imei: string, reason: string | null): Promise<RegisteredDevice> {
    const devices = manager.getRepository(RegisteredDevice);
    await devices
      .createQueryBuilder()
      .insert()
      .values({ imei, status: 'banned', banReason: reason, updatedAt: () => 'now()' })
      .orUpdate(['status', 'ban_reason', 'updated_at'], ['imei'])
      .execute();
    await this.wakeHolders(manager, [imei]);
    return devices.findOneByOrFail({ imei });
  }

  async unban(manager: EntityManager, imei: string): Promise<RegisteredDevice | null> {
    const devices = manager.getRepository(RegisteredDevice);
    await devices.update({ imei }, { status: 'registered', banReason: null, updatedAt: () => 'now()' });
    return devices.findOneBy({ imei });
  }

  /** Returns whether it was there. */
  async remove(manager: EntityManager, imei: string): Promise<boolean> {
    const { affected } = await manager.getRepository(RegisteredDevice).delete({ imei });
    await this.wakeHolders(manager, [imei]);
    return affected === 1;
  }

  find(imei: string): Promise<RegisteredDevice | null> {
    return this.devices.findOneBy({ imei });
  }

  /** In the order of the IMEIs. SQL, since window functions limit a page in bytes (readPage). */
  async list(filter: { status: RegisteredDeviceStatus | null; after: string; limit: number }): Promise<Page<RegisteredDevice>> {
    return readPage<RegisteredDevice>(
      this.devices.manager,
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
    return this.devices.query<{ imei: string; epoch: number }[]>(
      `select session.imei, session.epoch::float8 as epoch
         from tbl_iot_device_sessions session left join tbl_iot_devices device using (imei)
        where session.instance_id = $1 and ($2::text is null or session.imei = $2)
          and ${loginRefusal({ status: 'device.status', ranges: 'device.allowed_ranges', address: 'session.remote_address', registeredOnly: '$3' })} is not null`,
      [instanceId, imei, registeredOnly],
    );
  }

  /** Notifies the instances that hold sessions of these devices, when the transaction is committed. */
  private async wakeHolders(manager: EntityManager, imeis: readonly string[]): Promise<void> {
    await manager.query(
      `select pg_notify(${instanceChannel('instance_id')}, 'admission ' || imei) from tbl_iot_device_sessions
        where imei = any ($1::text[])`,
      [imeis],
    );
  }
}

/** The devices whose registration leaves a field out, so that it keeps its value. */
function imeisWithout(devices: readonly Registration[], field: keyof Registration): string[] {
  return devices.filter((device) => device[field] === undefined).map(({ imei }) => imei);
}
