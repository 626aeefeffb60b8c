import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { NEWEST_DAYS_AHEAD } from './clock-window.js';
import { type RecordCursor } from './record-cursor.js';
import { type RecordOrder } from './telemetry-query.dto.js';
import { SELECT_RECORD, type TelemetryRecord } from './telemetry-record.js';

export interface RecordRange {
  readonly imei: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly order: RecordOrder;
  readonly after: RecordCursor | null;
  readonly limit: number;
}

/** The SQL that reads records. */
@Injectable()
export class TelemetryReaderRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** A device's records in the order of its clock, from behind the cursor on. */
  async findRange({ imei, from, to, order, after, limit }: RecordRange): Promise<TelemetryRecord[]> {
    const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
    // The bound on iot_timestamp alone says the same as the pair below it, in the form that lets PostgreSQL skip partitions.
    const behindCursor = after
      ? `and iot_timestamp ${beyond}= $5::timestamptz and (iot_timestamp, record_hash) ${beyond} ($5::timestamptz, $6::bigint)`
      : '';
    return this.dataSource.query<TelemetryRecord[]>(
      `select ${SELECT_RECORD}
         from tbl_iot_telemetry_data
        where iot_imei = $1
          and iot_timestamp >= coalesce($2::timestamptz, '-infinity')
          and iot_timestamp < coalesce($3::timestamptz, 'infinity')
          ${behindCursor}
        order by iot_timestamp ${direction}, record_hash ${direction}
        limit $4`,
      [imei, from, to, limit, ...(after ? [after.iotTimestamp, after.recordHash] : [])],
    );
  }

  /**
   * The record with the greatest device time, of those a clock that is right could have made. `tbl_iot_telemetry_latest`
   * says where to begin; whatever came since is found in the few partitions from there on.
   */
  async findLatest(imei: string): Promise<TelemetryRecord | null> {
    const rows = await this.dataSource.query<TelemetryRecord[]>(
      `with known as (
         select * from tbl_iot_telemetry_latest where iot_imei = $1
       )
       (select ${SELECT_RECORD}
          from tbl_iot_telemetry_data
         where iot_imei = $1
           and iot_timestamp >= coalesce((select iot_timestamp from known), '-infinity')
           and iot_timestamp < now() + interval '${NEWEST_DAYS_AHEAD} days'
         order by iot_timestamp desc, record_hash desc
         limit 1)
       union all
       (select ${SELECT_RECORD} from known)`,
      [imei],
    );
    // The first part is at least as new; it is empty only when retention has dropped what the second one remembers.
    return rows[0] ?? null;
  }

  async hasRecords(imei: string): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ exists: boolean }]>(
      `select exists (select from tbl_iot_telemetry_latest where iot_imei = $1)
           or exists (select from tbl_iot_telemetry_data where iot_imei = $1) as exists`,
      [imei],
    );
    return row.exists;
  }
}
