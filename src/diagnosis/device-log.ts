import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiagnosisSettings } from './diagnosis.settings.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { StatsRegistry } from '../platform/observability/status-registries.js';
import { type BoundedTable } from '../platform/retention/bounded-table.js';
import { TableRetention } from '../platform/retention/table-retention.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { type DeviceLogKind } from './device-log-entry.entity.js';
import { DeviceLogRepository, type NewDeviceLogEntry } from './device-log.repository.js';

const WRITE_EVERY_MS = 2_000;
const MAX_WAITING = 50_000;
const ROWS_PER_INSERT = 2_000;
const MAX_ROWS_PER_DEVICE = 500;

type Tally = NewDeviceLogEntry & { readonly detail: { count: number } };

/**
 * Recent events of each device, for its diagnosis. Written in the background; no caller waits for it. Under load, or while the
 * database is unavailable, entries are dropped and counted. Frequent events (frames rejected, records resent, logins refused) are added up
 * between two writes.
 */
@Injectable()
export class DeviceLog implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeviceLog.name);
  private readonly counts = { written: 0, dropped: 0 };
  private entries: NewDeviceLogEntry[] = [];
  private tallies = new Map<string, Tally>();
  private readonly table: BoundedTable;

  constructor(
    private readonly repository: DeviceLogRepository,
    private readonly stats: StatsRegistry,
    private readonly database: DatabaseAvailability,
    retention: TableRetention,
    settings: DiagnosisSettings,
  ) {
    this.table = retention.register({
      table: 'tbl_iot_device_log',
      timeColumn: 'at',
      retentionDays: settings.DEVICE_LOG_RETENTION_DAYS,
      maxRows: settings.DEVICE_LOG_MAX_ROWS,
      perDevice: { imeiColumn: 'imei', idColumn: 'log_id', maxRows: MAX_ROWS_PER_DEVICE },
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.imei)',
    });
  }

  onModuleInit(): void {
    this.stats.register('deviceLog', () => ({ waiting: this.waiting, ...this.counts }));
  }

  note(kind: DeviceLogKind, imei: string, detail: NewDeviceLogEntry['detail']): void {
    if (this.hasCapacity()) {
      this.entries.push({ kind, imei, at: new Date(), detail });
    }
  }

  /** Like `note`, but adds up to one entry per device and cause until the next write. */
  tally(kind: DeviceLogKind, imei: string, cause: string, count: number, detail: NewDeviceLogEntry['detail'] = {}): void {
    const key = `${imei} ${kind} ${cause}`;
    const known = this.tallies.get(key);
    if (known) {
      known.detail.count += count;
    } else if (this.hasCapacity()) {
      this.tallies.set(key, { kind, imei, at: new Date(), detail: { ...detail, cause, count } });
    }
  }

  @Periodic({ everyMs: WRITE_EVERY_MS, failure: 'The device log could not be written' })
  async write(): Promise<void> {
    const batch = [...this.entries, ...this.tallies.values()];
    this.entries = [];
    this.tallies = new Map();
    for (let first = 0; first < batch.length; first += ROWS_PER_INSERT) {
      await this.append(batch.slice(first, first + ROWS_PER_INSERT));
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.write();
  }

  private get waiting(): number {
    return this.entries.length + this.tallies.size;
  }

  private hasCapacity(): boolean {
    if (this.waiting < MAX_WAITING) {
      return true;
    }
    this.counts.dropped++;
    return false;
  }

  private async append(batch: readonly NewDeviceLogEntry[]): Promise<void> {
    try {
      await this.repository.append(batch);
      this.counts.written += batch.length;
      batch.forEach(({ imei }) => this.table.noteRows(imei));
    } catch (error) {
      this.counts.dropped += batch.length;
      this.database.logFailure(this.logger, `${batch.length} entries of the device log were dropped`, error);
    }
  }
}
