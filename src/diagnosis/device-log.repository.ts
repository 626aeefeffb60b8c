import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

export type DeviceLogKind = 'login' | 'refused' | 'closed' | 'rejected_frames' | 'resent_records';

export interface DeviceLogEntry {
  readonly imei: string;
  readonly at: Date;
  readonly kind: DeviceLogKind;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes `tbl_iot_device_log`. */
@Injectable()
export class DeviceLogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async append(entries: readonly DeviceLogEntry[]): Promise<void> {
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
