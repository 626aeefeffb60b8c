import { Injectable } from '@nestjs/common';
import { EventSettings } from '../../events/events.settings.js';
import { type TelemetryReport } from '../../events/telemetry/telemetry-report.js';

const PLAIN_TEXT = /^[0-9a-z ]+$/;

/** The log of all stored records: with SINK_TELEMETRY=records, the transaction of a batch appends one row with the keys of its new records. */
@Injectable()
export class RecordLog {
  /** Whether records are logged. False: storing them costs nothing more. */
  readonly isKept: boolean;
  /** Records that this process has logged, those of batches that were written again included. */
  loggedCount = 0;
  private readonly listeners: (() => void)[] = [];

  constructor({ SINKS, SINK_TELEMETRY }: EventSettings) {
    this.isKept = SINKS !== undefined && SINK_TELEMETRY === 'records';
  }

  /** The statement that appends the keys of the reports; empty when there are none. Its values are literals, because it travels in one text with COPY. */
  statementFor(reports: readonly TelemetryReport[]): string {
    const devices = this.isKept ? reports.filter(({ keys }) => keys !== null && keys.hashes.length > 0) : [];
    if (devices.length === 0) {
      return '';
    }
    const counts = devices.map(({ keys }) => keys?.hashes.length ?? 0);
    this.loggedCount += counts.reduce((sum, count) => sum + count, 0);
    const arrays = [
      devices.map(({ imei }) => requirePlain(imei)),
      counts,
      devices.flatMap(({ keys }) => keys?.timesMs ?? []),
      devices.flatMap(({ keys }) => keys?.hashes ?? []),
    ].map((values) => `'{${values.join(',')}}'`);
    return `insert into tbl_iot_record_arrivals (imeis, key_counts, key_times_ms, key_hashes) values (${arrays.join(', ')})`;
  }

  /** To be called after a commit that has appended records. */
  signalAppended(): void {
    this.listeners.forEach((listener) => listener());
  }

  /** Calls back when records may have been committed in this process. */
  onAppended(listener: () => void): void {
    this.listeners.push(listener);
  }
}

/** The login accepts digits only. What it accepts some day must not become part of a statement. */
function requirePlain(imei: string): string {
  if (!PLAIN_TEXT.test(imei)) {
    throw new TypeError(`${JSON.stringify(imei)} is not an IMEI`);
  }
  return imei;
}
