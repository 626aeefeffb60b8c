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

  /** Leaves each of these devices its newest entries. */
  async trim(imeis: readonly string[], most: number): Promise<void> {
    await this.dataSource.query(
      `delete from tbl_iot_device_log log
        using (select device.imei, (select kept.log_id from tbl_iot_device_log kept where kept.imei = device.imei
                                     order by kept.log_id desc offset $2 limit 1) as last_of_old
                 from unnest($1::text[]) as device (imei)) bound
        where log.imei = bound.imei and log.log_id <= bound.last_of_old`,
      [imeis, most],
    );
  }

  /** Returns how many were deleted: fewer than `most` when nothing is left to delete. */
  async deleteOlderThan(days: number, most: number): Promise<number> {
    const [, count] = await this.dataSource.query<[unknown, number]>(
      `delete from tbl_iot_device_log
        where ctid = any (array(select ctid from tbl_iot_device_log where at < now() - make_interval(days => $1) limit $2))`,
      [days, most],
    );
    return count;
  }
}
