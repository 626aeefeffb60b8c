import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { TelemetryEventLog, type ReportResult } from '../../events/telemetry/telemetry-event-log.js';
import { type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { isBadRow } from '../../platform/database/database-errors.js';

/** When that many devices are refused, and no other is reported, the fault is not theirs. */
const MANY_DEVICES = 10;

/** A device whose report fails each time because of what it contains. */
export interface RefusedReport {
  readonly report: TelemetryReport;
  readonly error: unknown;
}

export interface IsolatedResult extends ReportResult {
  readonly refused: readonly RefusedReport[];
}

/** Reports devices so that one whose report cannot be written does not hold up the others. */
@Injectable()
export class IsolatedReports {
  constructor(private readonly events: TelemetryEventLog) {}

  /**
   * Reports new records in the events of their devices. When that fails because of a report, the halves are tried, and their halves, each in a savepoint:
   * one report among 1,000 costs 20 tries. Throws what is not about a report (an outage, a deadlock), and what every report of many devices is refused
   * with: these are not set aside for a fault that is not theirs.
   */
  async append(manager: EntityManager, reports: readonly TelemetryReport[], plausibleBeforeMs: number): Promise<IsolatedResult> {
    if (reports.length === 0) {
      return { busy: [], leftOut: 0, refused: [] };
    }
    // In the order in which the sequences are locked, so that the halves lock them in this order too.
    const ordered = [...reports].sort((one, other) => (one.imei < other.imei ? -1 : 1));
    const result = await this.divide(manager, ordered, plausibleBeforeMs);
    const [first] = result.refused;
    if (first && result.refused.length >= MANY_DEVICES && result.refused.length === reports.length) {
      throw first.error;
    }
    return result;
  }

  private async divide(manager: EntityManager, reports: readonly TelemetryReport[], before: number): Promise<IsolatedResult> {
    try {
      const result = await manager.transaction((savepoint) => this.events.append(savepoint, reports, before));
      return { ...result, refused: [] };
    } catch (error) {
      if (!isOfAReport(error)) {
        throw error;
      }
      if (reports.length === 1) {
        return { busy: [], leftOut: 0, refused: [{ report: reports[0]!, error }] };
      }
    }
    const middle = reports.length >> 1;
    const one = await this.divide(manager, reports.slice(0, middle), before);
    const other = await this.divide(manager, reports.slice(middle), before);
    return {
      busy: [...one.busy, ...other.busy],
      leftOut: one.leftOut + other.leftOut,
      refused: [...one.refused, ...other.refused],
    };
  }
}

/** Whether the same report would fail again. RangeError: a number that is no time. */
function isOfAReport(error: unknown): boolean {
  return isBadRow(error) || error instanceof RangeError;
}
