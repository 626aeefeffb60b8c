import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { type DayRange } from '../../platform/database/day-windows.js';

/** SQL on `tbl_iot_telemetry_device_days`, except statements that belong to a change of partitions (partitions.repository.ts). */
@Injectable()
export class DeviceDaysRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Adds days to devices; the two arrays run side by side. Its commit does not wait for the disk: the commit of the records that follow does, and
   * what comes earlier in the write-ahead log is on the disk by then.
   */
  async add(imeis: readonly string[], days: readonly number[]): Promise<void> {
    await this.dataSource.query(
      `insert into tbl_iot_telemetry_device_days as known (iot_imei, days)
       select imei, days
         from (select imei, range_agg(int4range(day, day, '[]')) as days from unnest($1::text[], $2::int[]) as new (imei, day) group by imei) new,
              (select set_config('synchronous_commit', 'off', true)) as quick
        where not exists (select from tbl_iot_telemetry_device_days there where there.iot_imei = new.imei and there.days @> new.days)
        order by imei
       on conflict (iot_imei) do update set days = known.days + excluded.days`,
      [imeis, days],
    );
  }

  /** Ascending. */
  async find(imei: string): Promise<DayRange[]> {
    return DAYS_OF_DEVICE.run(this.dataSource, [imei]);
  }

  /** The newest day before `before` of each of these devices that has one. */
  async findNewest(
    manager: EntityManager,
    imeis: readonly string[],
    before: number,
  ): Promise<{ readonly imei: string; readonly day: number }[]> {
    return manager.query(
      `select iot_imei as imei, upper(days * int4multirange(int4range(null, $2))) - 1 as day
         from tbl_iot_telemetry_device_days
        where iot_imei = any ($1) and days && int4range(null, $2)`,
      [imeis, before],
    );
  }
}

/** Every page of a device's records begins with it. */
const DAYS_OF_DEVICE = new PreparedStatement<{ readonly first: number; readonly last: number }>(
  'iot_days_of_device',
  `select lower(range) as first, upper(range) - 1 as last
     from tbl_iot_telemetry_device_days, unnest(days) as range
    where iot_imei = $1`,
);
