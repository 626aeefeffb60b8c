import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type DeviceLogEntry } from './device-log-entry.entity.js';

export type NewDeviceLogEntry = Omit<DeviceLogEntry, 'logId'>;

/** Writes `tbl_iot_device_log`. */
@Injectable()
export class DeviceLogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** SQL: one statement with four parameters for up to 2,000 entries. */
  async append(entries: readonly NewDeviceLogEntry[]): Promise<void> {
    await this.dataSource.query(
      `insert into tbl_iot_device_log (imei, at, kind, detail)
       select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::json[])`,
      [
        entries.map(({ imei }) => imei),
        entries.map(({ at }) => at),
        entries.map(({ kind }) => kind),
        entries.map(({ detail }) => JSON.stringify(detail)),
      ],
    );
  }
}
