import { IntegerVariable } from '../platform/config/variables.js';

/** How records are stored. */
export class TelemetrySettings {
  /** Batches written in parallel. */
  @IntegerVariable(1, 16)
  readonly TELEMETRY_WRITERS: number = 2;

  /** A batch is closed at this many records, even when the next can't start yet. */
  @IntegerVariable(1, 100_000)
  readonly TELEMETRY_BATCH_RECORDS: number = 10_000;

  /** Days of records kept, by the device's clock; whole days are dropped. 0 keeps everything. */
  @IntegerVariable(0, 36_500)
  readonly TELEMETRY_RETENTION_DAYS: number = 0;

  /** Exports of records (CSV, GeoJSON, GPX) that one instance streams at the same time. */
  @IntegerVariable(1, 1_000)
  readonly TELEMETRY_MAX_EXPORTS: number = 4;

  /** Days for which bytes are kept in quarantine. 0: no limit by age. */
  @IntegerVariable(0, 36_500)
  readonly QUARANTINE_RETENTION_DAYS: number = 365;

  /** Maximum number of frames and records of one device in quarantine. Beyond it the oldest of the device are deleted. */
  @IntegerVariable(1, 1_000_000)
  readonly QUARANTINE_MAX_ROWS_PER_DEVICE: number = 1_000;

  /** Maximum number of frames and records in quarantine. Beyond it the oldest are deleted, those of unregistered devices first. */
  @IntegerVariable(1, 100_000_000)
  readonly QUARANTINE_MAX_ROWS: number = 50_000;
}
