import { IntegerVariable } from '../platform/config/variables.js';

/** The device log. */
export class DiagnosisSettings {
  /** Days for which logins, closes and errors of each device are kept for its diagnosis. */
  @IntegerVariable(1, 3_650)
  readonly DEVICE_LOG_RETENTION_DAYS: number = 14;

  /** Entries of the device log in total; above it the oldest are deleted, those of unregistered devices first. */
  @IntegerVariable(1, 1_000_000_000)
  readonly DEVICE_LOG_MAX_ROWS: number = 5_000_000;
}
