import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { inRanges } from '../../platform/database/day-windows.js';
import { NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { COPY_COLUMNS } from '../telemetry-columns.js';

const COLUMNS = COPY_COLUMNS.join(', ');
const ASSIGNMENTS = COPY_COLUMNS.filter((name) => name !== 'iot_imei')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');

/** A statement that puts the selected records (COPY_COLUMNS, one for a device) among the latest ones, unless newer ones are there. */
export function upsertLatest(select: string): string {
  return `
    insert into tbl_iot_telemetry_latest as latest (${COLUMNS})
    ${select}
    on conflict (iot_imei) do update set ${ASSIGNMENTS}
     where (excluded.iot_timestamp, excluded.record_hash) > (latest.iot_timestamp, latest.record_hash)`;
}

/** SQL on `tbl_iot_telemetry_latest`. */
@Injectable()
export class LatestRecordsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Brings the latest records of these devices up to date with what the table holds of one day. The day is a constant, so that PostgreSQL opens its
   * partition only.
   */
  async refresh(day: number, imeis: readonly string[]): Promise<void> {
    await this.dataSource.query(
      upsertLatest(`
        select newest.*
          from unnest($1::text[]) as device (imei)
         cross join lateral (
           select ${COLUMNS}
             from tbl_iot_telemetry_data
            where iot_imei = device.imei
              and ${inRanges('iot_timestamp', [{ first: day, last: day }])}
              and iot_timestamp < now() + interval '${NEWEST_DAYS_AHEAD} days'
            order by iot_timestamp desc, record_hash desc
            limit 1
         ) newest
         order by newest.iot_imei`),
      [imeis],
    );
  }
}
