import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type AdmissionFindings, type CommandFindings, type LogEntry, type RecordFindings } from './findings.js';

const RECORDS_LOOKED_AT = 200;
const LOG_ENTRIES = 200;
const COMMAND_DAYS = 7;
/** AVL id 69: off, asleep, off because of static navigation. With 1 and 2 the receiver is on. */
const GNSS_OFF_STATUSES = '0, 3, 4';

type AdmissionRow = AdmissionFindings & { readonly connectedSince: Date | null };

/** Reads what the other features have written of one device. */
@Injectable()
export class DiagnosisRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Newest first. */
  async readLog(imei: string): Promise<LogEntry[]> {
    return this.dataSource.query<LogEntry[]>(
      `select at, kind, detail from tbl_iot_device_log where imei = $1 order by log_id desc limit $2`,
      [imei, LOG_ENTRIES],
    );
  }

  /** The last ones by the device's clock, which is the order that has an index. */
  async readRecords(imei: string): Promise<RecordFindings> {
    const [row] = await this.dataSource.query<[RecordFindings]>(
      `select count(*)::int as looked, min(extract(epoch from timestamp - iot_timestamp))::float8 as "leastClockOffsetSeconds",
              count(*) filter (where satellites = 0 and gnss_off)::int as "gnssOff",
              count(*) filter (where satellites = 0 and not gnss_off)::int as "withoutFix",
              count(*) filter (where satellites = 0 and not gnss_off and latitude = 0 and longitude = 0)::int as "atZero",
              max(timestamp) as "lastReceivedAt"
         from (select timestamp, iot_timestamp, satellites, latitude, longitude,
                      coalesce(gnss_status in (${GNSS_OFF_STATUSES}), false) or coalesce(sleep_mode > 0, false) as gnss_off
                 from tbl_iot_telemetry_data where iot_imei = $1 order by iot_timestamp desc limit $2) last`,
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
