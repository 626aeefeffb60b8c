import { addCounts, addReport, type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { isPlausibleTime } from '../clock-window.js';
import { type RecordBatch } from './record-batch.js';

/** What a batch has to report: one report per device. */
export interface BatchReports {
  readonly reports: readonly TelemetryReport[];
  /** Devices with a record of the priority 1 (high) or 2 (panic). */
  readonly urgentImeis: ReadonlySet<string>;
}

/** The rows of one device that a merge has inserted. Index i of each array belongs to row i. */
export interface InsertedRecords {
  readonly imei: string;
  readonly timesMs: readonly number[];
  readonly hashes: readonly string[];
  readonly receivedMs: readonly number[];
  readonly isUrgent: boolean;
}

/** @param withKeys events list every record. */
export function reportsOfBatch(batch: RecordBatch, withKeys: boolean): BatchReports {
  const devices = new Map<string, TelemetryReport>();
  const urgentImeis = new Set<string>();
  for (const frame of batch.frames) {
    const { imei, receivedAtMs: at, rowCount: count, summary } = frame;
    const { newestMs, newestHash, isPlausible, isUrgent } = summary;
    const keys = withKeys ? batch.keysOf(frame) : null;
    const report = { imei, count, firstReceivedMs: at, lastReceivedMs: at, newestMs, newestHash, isPlausible, keys };
    const known = devices.get(imei);
    if (count > 0 && known) {
      addReport(known, report);
    } else if (count > 0) {
      devices.set(imei, report);
    }
    if (isUrgent) {
      urgentImeis.add(imei);
    }
  }
  return { reports: [...devices.values()], urgentImeis };
}

/** The same for rows that a merge has inserted. */
export function reportsOfInserted(inserted: readonly InsertedRecords[], withKeys: boolean, nowMs: number): BatchReports {
  const devices = inserted.filter(({ timesMs }) => timesMs.length > 0);
  return {
    reports: devices.map((device) => reportOf(device, withKeys, nowMs)),
    urgentImeis: new Set(devices.filter(({ isUrgent }) => isUrgent).map(({ imei }) => imei)),
  };
}

function reportOf({ imei, timesMs, hashes, receivedMs }: InsertedRecords, withKeys: boolean, nowMs: number): TelemetryReport {
  const nothing = { count: 0, firstReceivedMs: Infinity, lastReceivedMs: -Infinity, newestMs: -Infinity, newestHash: 0n };
  const keys = withKeys ? { timesMs: [...timesMs], hashes: [...hashes] } : null;
  const report: TelemetryReport = { imei, ...nothing, isPlausible: false, keys };
  timesMs.forEach((newestMs, index) => {
    const at = receivedMs[index] as number;
    const newestHash = BigInt(hashes[index] as string);
    const isPlausible = isPlausibleTime(newestMs, nowMs);
    addCounts(report, { count: 1, firstReceivedMs: at, lastReceivedMs: at, newestMs, newestHash, isPlausible });
  });
  return report;
}
