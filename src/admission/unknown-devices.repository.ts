import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { AdmissionSettings } from './admission.settings.js';
import { type BoundedTable } from '../platform/retention/bounded-table.js';
import { UnknownDevice } from './unregistered-device.entity.js';
import { TableRetention } from '../platform/retention/table-retention.js';

/** Access to `tbl_iot_unknown_devices`. */
@Injectable()
export class UnknownDevicesRepository {
  private readonly table: BoundedTable;

  constructor(
    @InjectRepository(UnknownDevice) private readonly devices: Repository<UnknownDevice>,
    retention: TableRetention,
    settings: AdmissionSettings,
  ) {
    this.table = retention.register({
      table: 'tbl_iot_unknown_devices',
      timeColumn: 'last_seen',
      retentionDays: settings.UNKNOWN_DEVICES_RETENTION_DAYS,
      maxRows: settings.MAX_UNKNOWN_DEVICES,
    });
  }

  /** SQL: one statement for up to 10,000 devices. */
  async add(devices: readonly UnknownDevice[]): Promise<void> {
    await this.devices.query(
      `insert into tbl_iot_unknown_devices as known (imei, first_seen, last_seen, attempts, last_address)
       select seen.* from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[])
         as seen (imei, first_seen, last_seen, attempts, last_address)
        where not exists (select from tbl_iot_devices device where device.imei = seen.imei)
        order by imei
       on conflict (imei) do update
          set last_seen = greatest(known.last_seen, excluded.last_seen), attempts = known.attempts + excluded.attempts,
              last_address = excluded.last_address`,
      [
        devices.map(({ imei }) => imei),
        devices.map(({ firstSeen }) => firstSeen),
        devices.map(({ lastSeen }) => lastSeen),
        devices.map(({ attempts }) => attempts),
        devices.map(({ lastAddress }) => lastAddress),
      ],
    );
    devices.forEach(({ imei }) => this.table.noteRows(imei));
  }

  /** In the order of the IMEIs: an order by time would change from page to page. */
  list(after: string, limit: number): Promise<UnknownDevice[]> {
    return this.devices.find({ where: { imei: MoreThan(after) }, order: { imei: 'ASC' }, take: limit });
  }
}
