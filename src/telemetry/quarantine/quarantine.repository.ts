import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { TelemetrySettings } from '../../platform/config/settings.js';
import { type BoundedTable } from '../../platform/retention/bounded-table.js';
import { TableRetention } from '../../platform/retention/table-retention.js';

/** What a device sent and could not be stored as records. */
export interface QuarantineEntry {
  readonly imei: string;
  readonly remoteAddress: string;
  readonly scope: 'frame' | 'record';
  readonly code: string;
  readonly detail: string;
  readonly raw: Buffer;
}

/** Writes `tbl_iot_telemetry_quarantine`. */
@Injectable()
export class QuarantineRepository {
  private readonly table: BoundedTable;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    retention: TableRetention,
    settings: TelemetrySettings,
  ) {
    this.table = retention.register({
      table: 'tbl_iot_telemetry_quarantine',
      timeColumn: 'received_at',
      retentionDays: settings.QUARANTINE_RETENTION_DAYS,
      maxRows: settings.QUARANTINE_MAX_ROWS,
      perDevice: { imeiColumn: 'iot_imei', idColumn: 'quarantine_id', maxRows: settings.QUARANTINE_MAX_ROWS_PER_DEVICE },
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.iot_imei)',
    });
  }

  /** The same bytes of the same device are kept once, however often it sends them. */
  async keep(entry: QuarantineEntry): Promise<void> {
    await this.dataSource.query(
      `insert into tbl_iot_telemetry_quarantine as kept (iot_imei, remote_address, scope, code, detail, raw)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (iot_imei, raw_hash) do update set occurrences = kept.occurrences + 1, last_received_at = now()`,
      [entry.imei, entry.remoteAddress, entry.scope, entry.code, entry.detail, entry.raw],
    );
    this.table.noteRows(entry.imei);
  }
}
