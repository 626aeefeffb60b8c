import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DeviceLogEntry } from './device-log-entry.entity.js';
import { inRanges } from '../platform/database/day-windows.js';
import { type AdmissionFindings, type CommandFindings, type LogEntry, type RecordFindings } from './findings.js';

const RECORDS_LOOKED_AT = 200;
/** Of the newest days with records: days that follow each other, and groups of such days. */
const DAYS_LOOKED_AT = 10;
const RANGES_LOOKED_AT = 4;
const LOG_ENTRIES = 200;
const COMMAND_DAYS = 7;
/** AVL id 69: off, asleep, off because of static navigation. With 1 and 2 the receiver is on. */
const GNSS_OFF_STATUSES = '0, 3, 4';

type AdmissionRow = AdmissionFindings & { readonly connectedSince: Date | null };

/** Reads what the other features have written of one device. Aggregates over their tables are SQL. */
@Injectable()
export class DiagnosisRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Newest first. */
  async readLog(imei: string): Promise<LogEntry[]> {
    return this.dataSource
      .getRepository(DeviceLogEntry)
      .createQueryBuilder('entry')
      .select('entry.at', 'at')
      .addSelect('entry.kind', 'kind')
      .addSelect('entry.detail', 'detail')
      .where('entry.imei = :imei', { imei })
      .orderBy('entry.logId', 'DESC')
      .limit(LOG_ENTRIES)
      .getRawMany<LogEntry>();
  }

  /** The last ones by the device's clock, which is the order that has an index, of the last days that it has records of. */
  async readRecords(imei: string): Promise<RecordFindings> {
    // As constants: PostgreSQL locks every partition that it cannot leave out when it plans. As a number: a comparison of tableoid itself makes it read all
    // records of the days.
    const days = await this.dataSource.query<{ first: number; last: number }[]>(
      `select greatest(lower(range), upper(range) - $2::int) as first, upper(range) - 1 as last
         from tbl_iot_telemetry_device_days, unnest(days) as range where iot_imei = $1 order by 2 desc limit $3`,
      [imei, DAYS_LOOKED_AT, RANGES_LOOKED_AT],
    );
    const columns = 'timestamp, iot_timestamp, satellites, latitude, longitude, gnss_status, sleep_mode';
    const newestFirst = 'order by iot_timestamp desc limit $2';
    const [row] = await this.dataSource.query<[RecordFindings]>(
      `select count(*)::int as looked, min(extract(epoch from timestamp - iot_timestamp))::float8 as "leastClockOffsetSeconds",
              count(*) filter (where satellites = 0 and gnss_off)::int as "gnssOff",
              count(*) filter (where satellites = 0 and not gnss_off)::int as "withoutFix",
              count(*) filter (where satellites = 0 and not gnss_off and latitude = 0 and longitude = 0)::int as "atZero",
              max(timestamp) as "lastReceivedAt"
         from (select timestamp, iot_timestamp, satellites, latitude, longitude,
                      coalesce(gnss_status in (${GNSS_OFF_STATUSES}), false) or coalesce(sleep_mode > 0, false) as gnss_off
                 from ((select ${columns} from tbl_iot_telemetry_data
                         where iot_imei = $1 and ${inRanges('iot_timestamp', days)}
                           and tableoid::bigint <> 'tbl_iot_telemetry_data_default'::regclass::oid::bigint ${newestFirst})
                       union all
                       (select ${columns} from tbl_iot_telemetry_data_default where iot_imei = $1 ${newestFirst})) record
                ${newestFirst}) last`,
      [imei, RECORDS_LOOKED_AT],
    );
    return row;
  }

  async readCommands(imei: string): Promise<CommandFindings> {
    const [row] = await this.dataSource.query<[CommandFindings]>(
      `select count(*) filter (where log.reason = 'unconfirmed')::int as unconfirmed,
              count(*) filter (where log.status = 'COMPLETED')::int as completed,
              coalesce(sum((select count(*) from tbl_iot_command_attempts attempt
                             where attempt.command_log_id = log.command_log_id and attempt.result = 'timeout')), 0)::int as "unansweredAttempts"
         from tbl_iot_command_logs log
        where log.imei = $1 and log.created_at > now() - make_interval(days => $2)`,
      [imei, COMMAND_DAYS],
    );
    return row;
  }

  async readAdmission(imei: string): Promise<AdmissionRow> {
    const [row] = await this.dataSource.query<[AdmissionRow]>(
      `select device.status, coalesce(device.allowed_ranges, '{}')::text[] as "allowedRanges",
              coalesce(unknown.attempts, 0)::float8 as "unknownAttempts", unknown.last_seen as "lastUnknownAt",
              session.connected_at as "connectedSince"
         from (select $1::text as imei) wanted
         left join tbl_iot_devices device using (imei)
         left join tbl_iot_unknown_devices unknown using (imei)
         left join tbl_iot_device_sessions session using (imei)`,
      [imei],
    );
    return row;
  }
}
