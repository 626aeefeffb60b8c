import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { MAX_PAGE_BYTES, type MeasuredPage, type Page, readPage } from '../../platform/database/bounded-page.js';
import { dayWindows, inRanges, timestamp, type DayWindow } from '../../platform/database/day-windows.js';
import { ReadDatabase } from '../../platform/read-database/read-database.js';
import { DAY_MS } from '../../platform/time-units.js';
import { NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { DeviceDays } from '../partitions/device-days.js';
import { type RecordCursor, type RecordOrder } from './record-cursor.js';
import { type RecordView } from './telemetry-query.dto.js';
import { SELECT_RECORD, type TelemetryRecord } from './telemetry-record.js';

export interface RecordRange {
  readonly imei: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly order: RecordOrder;
  /** The representation for which the records are read. */
  readonly view: RecordView;
  readonly after: RecordCursor | null;
  readonly limit: number;
}

/** The stored size is about that of the text and needs no decoding. Compressed values are decoded. */
const RECORD_BYTES = `coalesce(octet_length(iso6709_coordinates), 0) + case
  when io is null then 0
  when pg_column_compression(io) is null then pg_column_size(io)
  else octet_length(io::text) end`;
/** An element of `io` takes about ten bytes, and an object of about 150 with its name and unit. */
const SCALED_SIZE = 16;

/** A page of at least this size takes no more days: one window can add MAX_PAGE_BYTES. */
const FULL_PAGE_BYTES = MAX_PAGE_BYTES / 4;

const TABLE = 'tbl_iot_telemetry_data';
const DEFAULT_PARTITION = 'tbl_iot_telemetry_data_default';

/**
 * Reads records of a device. PostgreSQL locks every partition that it cannot exclude when it plans a statement, so the statements
 * name the days of the device as constants: a page costs the same among 400 partitions and among 4,000.
 */
@Injectable()
export class TelemetryReaderRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly reads: ReadDatabase,
    private readonly deviceDays: DeviceDays,
  ) {}

  /** A device's records in the order of its clock, from the record after the cursor on. A standby may answer. */
  async findHistory(range: RecordRange): Promise<Page<TelemetryRecord>> {
    return this.reads.read((manager) => this.findRange(range, manager));
  }

  /** The same, from the primary: with every record that has been acknowledged. */
  async findRange(range: RecordRange, manager: EntityManager = this.dataSource.manager): Promise<Page<TelemetryRecord>> {
    const { imei, order, after, limit } = range;
    let [from, to] = [range.from?.getTime() ?? -Infinity, range.to?.getTime() ?? Infinity];
    if (after && order === 'newest') {
      to = Math.min(to, Date.parse(after.iotTimestamp) + 1);
    } else if (after) {
      from = Math.max(from, Date.parse(after.iotTimestamp));
    }
    const found: TelemetryRecord[] = [];
    let bytes = 0;
    for (const window of dayWindows(await this.deviceDays.find(imei), from, to, order === 'newest')) {
      const isFull = found.length >= limit || bytes >= FULL_PAGE_BYTES;
      const page = await this.findInWindow(manager, window, range, isFull ? 1 : limit - found.length);
      if (isFull && page.rows.length > 0) {
        return { rows: found, hasMore: true };
      }
      found.push(...page.rows);
      bytes += page.bytes;
      if (page.hasMore) {
        return { rows: found, hasMore: true };
      }
    }
    return { rows: found, hasMore: false };
  }

  /**
   * The record with the greatest device time that is not too far in the future. `tbl_iot_telemetry_latest`
   * gives the start; later records are found in the few partitions from there on.
   */
  async findLatest(imei: string): Promise<TelemetryRecord | null> {
    const [known] = await this.dataSource.query<TelemetryRecord[]>(
      `select ${SELECT_RECORD} from tbl_iot_telemetry_latest where iot_imei = $1`,
      [imei],
    );
    const to = new Date(Date.now() + NEWEST_DAYS_AHEAD * DAY_MS);
    const range = { imei, from: known?.iotTimestamp ?? null, to, order: 'newest', view: 'raw', after: null, limit: 1 } as const;
    const { rows } = await this.findRange(range);
    // The record in the table is at least as new. It is missing only when retention has dropped it.
    return rows[0] ?? known ?? null;
  }

  async hasRecords(imei: string): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ exists: boolean }]>(
      'select exists (select from tbl_iot_telemetry_latest where iot_imei = $1) as exists',
      [imei],
    );
    const newest = { imei, from: null, to: null, order: 'newest', view: 'raw', after: null, limit: 1 } as const;
    return row.exists || (await this.findRange(newest)).rows.length > 0;
  }

  /** The default partition may hold records of any day, so it is read separately from the days. */
  private async findInWindow(
    manager: EntityManager,
    window: DayWindow,
    range: RecordRange,
    limit: number,
  ): Promise<MeasuredPage<TelemetryRecord>> {
    const { imei, order, view, after } = range;
    const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
    const inOrder = `order by iot_timestamp ${direction}, record_hash ${direction} limit ${limit + 1}`;
    const wanted = `
      iot_imei = $1 and iot_timestamp >= ${timestamp(window.from)} and iot_timestamp < ${timestamp(window.to)}
      ${after ? `and (iot_timestamp, record_hash) ${beyond} ($2::timestamptz, $3::bigint)` : ''}`;
    return readPage<TelemetryRecord>(
      manager,
      {
        fields: SELECT_RECORD,
        alias: 'record',
        columns: '*',
        from: `((select * from ${TABLE}
                  where ${wanted} and ${inRanges('iot_timestamp', window.ranges)} and tableoid <> '${DEFAULT_PARTITION}'::regclass
                  ${inOrder})
                union all
                (select * from ${DEFAULT_PARTITION} where ${wanted} ${inOrder})) record`,
        where: '',
        // Qualified: the select list has a text of the same name.
        orderBy: `record.iot_timestamp ${direction}, record.record_hash ${direction}`,
        bytes: view === 'raw' ? RECORD_BYTES : `${SCALED_SIZE} * (${RECORD_BYTES})`,
        limit,
      },
      [imei, ...(after ? [after.iotTimestamp, after.recordHash] : [])],
    );
  }
}
