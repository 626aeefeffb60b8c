import { IntegerVariable } from '../platform/config/variables.js';

/** How records are stored. */
export class TelemetrySettings {
  /** Batches written in parallel. */
  @IntegerVariable(1, 16)
  readonly TELEMETRY_WRITERS: number = 2;

  /** A batch is closed at this many records. */
  @IntegerVariable(1, 100_000)
  readonly TELEMETRY_BATCH_RECORDS: number = 10_000;

  /** Days for which records are kept, by device time; whole days are dropped; 0: indefinitely. */
  @IntegerVariable(0, 36_500)
  readonly TELEMETRY_RETENTION_DAYS: number = 0;

  /**
   * Exports of records (CSV, GeoJSON, GPX) that an instance streams at the same time; further ones get 503 `TOO_MANY_EXPORTS`.
   * A client that takes less than 64 KiB in a minute is disconnected.
   */
  @IntegerVariable(1, 1_000)
  readonly TELEMETRY_MAX_EXPORTS: number = 4;

  /** Days for which entries are kept in the quarantine; 0: until a limit deletes them. */
  @IntegerVariable(0, 36_500)
  readonly QUARANTINE_RETENTION_DAYS: number = 365;

  /** Quarantined frames and records per device; above it the oldest are deleted. */
  @IntegerVariable(1, 1_000_000)
  readonly QUARANTINE_MAX_ROWS_PER_DEVICE: number = 1_000;

  /** Quarantined frames and records in total; above it the oldest are deleted, those of unregistered devices first. */
  @IntegerVariable(1, 100_000_000)
  readonly QUARANTINE_MAX_ROWS: number = 50_000;
}
