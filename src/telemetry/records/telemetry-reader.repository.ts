import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { MAX_PAGE_BYTES, type Page, pageSql } from '../../platform/database/bounded-page.js';
import { copyOut } from '../../platform/database/copy-out.js';
import { dayWindows, inRanges, timestamp, type DayWindow } from '../../platform/database/day-windows.js';
import { ReadDatabase } from '../../platform/read-database/read-database.js';
import { MINUTE_MS } from '../../platform/time-units.js';
import { DeviceDays } from '../partitions/device-days.js';
import { type RecordCursor, type RecordOrder } from './record-cursor.js';
import { type DecodedRow, decodeRecordRow } from './record-row-decoder.js';
import { type RecordView } from './telemetry-query.dto.js';
import { RECORD_ROW, type TelemetryRecord } from './telemetry-record.js';

export interface RecordRange {
  /** 15 digits. */
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
/** RECORD_ROW, without the values of variable length of a large record. */
const SMALL_ROW = RECORD_ROW.split(', ')
  .map((column) => (column === 'io' || column === 'iso6709_coordinates' ? `case when not is_large then ${column} end` : column))
  .join(', ');

/** A page of at least this size takes no more days: one window can add MAX_PAGE_BYTES. */
const FULL_PAGE_BYTES = MAX_PAGE_BYTES / 4;
/** A long page begins with several days: a device that reports once in a minute or two fills it from them with one statement. */
const LONG_PAGE = 200;
const FIRST_DAYS_OF_A_LONG_PAGE = 4;

const TABLE = 'tbl_iot_telemetry_data';
const DEFAULT_PARTITION = 'tbl_iot_telemetry_data_default';
const TIMEOUT_MS = MINUTE_MS;

/** What one window of days adds to a page. */
interface WindowPage extends Page<TelemetryRecord> {
  readonly bytes: number;
}

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
    const firstDays = limit >= LONG_PAGE ? FIRST_DAYS_OF_A_LONG_PAGE : 1;
    for (const window of dayWindows(await this.deviceDays.find(imei), from, to, order === 'newest', firstDays)) {
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

  async hasRecords(imei: string): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ exists: boolean }]>(
      'select exists (select from tbl_iot_telemetry_latest where iot_imei = $1) as exists',
      [imei],
    );
    const newest = { imei, from: null, to: null, order: 'newest', view: 'raw', after: null, limit: 1 } as const;
    return row.exists || (await this.findRange(newest)).rows.length > 0;
  }

  /**
   * Records are nearly always small: then no sum of their sizes is needed, which takes a third of the time of a page. Texts of a record that might
   * make the page too large are left out at first, and the page is read again with the sum.
   *
   * Each level repeats the order. That costs nothing, and without it PostgreSQL sorts the page at the end instead of sending each row when it has read it.
   */
  private async findInWindow(manager: EntityManager, window: DayWindow, range: RecordRange, limit: number): Promise<WindowPage> {
    const { list, orderBy } = listOf(window, range, limit);
    const size = range.view === 'raw' ? RECORD_BYTES : `${SCALED_SIZE} * (${RECORD_BYTES})`;
    const rows = await read(
      manager,
      `
      select ${SMALL_ROW}, is_large, size::float8
        from (select record.*, size > ${Math.floor(MAX_PAGE_BYTES / limit)} as is_large
                from (select record.*, ${size} as size from (${list} order by ${orderBy} limit ${limit + 1}) record
                       order by ${orderBy} offset 0) record
               order by ${orderBy} offset 0) record
       order by ${orderBy}`,
    );
    if (!rows.some(({ flag }) => flag)) {
      const page = rows.slice(0, limit);
      return {
        rows: page.map(({ record }) => record),
        hasMore: rows.length > limit,
        bytes: page.reduce((sum, row) => sum + row.bytes, 0),
      };
    }
    const bounded = await read(manager, pageSql(list, 'record', { fields: RECORD_ROW, orderBy, bytes: size, limit }));
    return {
      rows: bounded.map(({ record }) => record),
      hasMore: bounded.at(-1)?.flag ?? false,
      bytes: bounded.at(-1)?.bytes ?? 0,
    };
  }
}

async function read(manager: EntityManager, query: string): Promise<DecodedRow[]> {
  const rows: DecodedRow[] = [];
  await copyOut(manager, query, (row) => rows.push(decodeRecordRow(row)), TIMEOUT_MS);
  return rows;
}

/**
 * The records of a window, and one more than the limit. The default partition may hold records of any day, so it is read separately from the days.
 * All values are numbers, or texts whose form has been checked: COPY takes no parameters.
 */
function listOf({ from, to, ranges }: DayWindow, { imei, order, after }: RecordRange, limit: number) {
  const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
  // The select lists have other columns of these names.
  const orderBy = `record.iot_timestamp ${direction}, record.record_hash ${direction}`;
  const behind = after
    ? `and (iot_timestamp, record_hash) ${beyond} (${timestamp(Date.parse(after.iotTimestamp))}, ${BigInt(after.recordHash)}::bigint)`
    : '';
  const wanted = `
    iot_imei = '${checkedImei(imei)}' and iot_timestamp >= ${timestamp(from)} and iot_timestamp < ${timestamp(to)} ${behind}
    %days
    order by iot_timestamp ${direction}, record_hash ${direction} limit ${limit + 1}`;
  // Compared as a number: PostgreSQL expects that a comparison of tableoid leaves out all rows. It then reads and sorts all records of the days for any limit.
  const days = `and ${inRanges('iot_timestamp', ranges)} and tableoid::bigint <> '${DEFAULT_PARTITION}'::regclass::oid::bigint`;
  const list = `
    select * from ((select * from ${TABLE} where ${wanted.replace('%days', days)})
                   union all (select * from ${DEFAULT_PARTITION} where ${wanted.replace('%days', '')})) record`;
  return { list, orderBy };
}

/** An IMEI that stands in the text of a statement. Routes have checked it; this keeps other callers from an injection. */
export function checkedImei(imei: string): string {
  if (!/^\d{1,15}$/.test(imei)) {
    throw new RangeError('an IMEI has digits only');
  }
  return imei;
}
