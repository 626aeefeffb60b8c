import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Page, readPage } from '../platform/database/bounded-page.js';
import { NEWEST_DAYS_AHEAD } from './clock-window.js';
import { type RecordCursor } from './record-cursor.js';
import { type RecordOrder, type RecordView } from './telemetry-query.dto.js';
import { SELECT_RECORD, type TelemetryRecord } from './telemetry-record.js';

export interface RecordRange {
  readonly imei: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly order: RecordOrder;
  /** What the records are read for. */
  readonly view: RecordView;
  readonly after: RecordCursor | null;
  readonly limit: number;
}

/** The stored size is about that of the text, and needs no decoding; what is stored compressed is decoded. */
const RECORD_BYTES = `coalesce(octet_length(iso6709_coordinates), 0) + case
  when io is null then 0
  when pg_column_compression(io) is null then pg_column_size(io)
  else octet_length(io::text) end`;
/** An element of `io` takes about ten bytes, and an object of about 150 with its name and unit. */
const SCALED_SIZE = 16;

/** The SQL that reads records. */
@Injectable()
export class TelemetryReaderRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** A device's records in the order of its clock, from behind the cursor on. */
  async findRange({ imei, from, to, order, view, after, limit }: RecordRange): Promise<Page<TelemetryRecord>> {
    const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
    // The bound on iot_timestamp alone says the same as the pair below it, in the form that lets PostgreSQL skip partitions.
    const behindCursor = after
      ? `and iot_timestamp ${beyond}= $4::timestamptz and (iot_timestamp, record_hash) ${beyond} ($4::timestamptz, $5::bigint)`
      : '';
    return readPage<TelemetryRecord>(
      this.dataSource.manager,
      {
        fields: SELECT_RECORD,
        alias: 'record',
        columns: '*',
        from: 'tbl_iot_telemetry_data record',
        where: `where iot_imei = $1
                  and iot_timestamp >= coalesce($2::timestamptz, '-infinity')
                  and iot_timestamp < coalesce($3::timestamptz, 'infinity')
                  ${behindCursor}`,
        // Qualified: the select list has a text of the same name.
        orderBy: `record.iot_timestamp ${direction}, record.record_hash ${direction}`,
        bytes: view === 'raw' ? RECORD_BYTES : `${SCALED_SIZE} * (${RECORD_BYTES})`,
        limit,
      },
      [imei, from, to, ...(after ? [after.iotTimestamp, after.recordHash] : [])],
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
