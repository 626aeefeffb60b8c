import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { type BoundedTable } from '../../platform/retention/bounded-table.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { ARRIVAL_COLUMNS, arrivalValues, reportsOfArrival, splitByKeys } from './arrival-arrays.js';
import { type ArrivalPosition, MAX_ARRIVAL_KEYS, type ReadArrival } from './arrivals.repository.js';

/** What was set aside. `imei` is null for a whole arrival that cannot be read. */
export interface SetAside {
  readonly imei: string | null;
  readonly reason: string;
}

export const SET_ASIDE_BOUNDS = {
  table: 'tbl_iot_set_aside_arrivals',
  timeColumn: 'set_aside_at',
  retentionDays: 90,
  maxRows: 50_000,
  perDevice: { imeiColumn: 'imei', idColumn: 'set_aside_id', maxRows: 500 },
};

/**
 * Access to `tbl_iot_set_aside_arrivals`: what could not be reported. Rows are written only, in the transaction that takes them out of the queue;
 * `docs/operate/limits.md` says how to put them back. SQL: the rows of an arrival are literals (`insertArrivals`), or are copied from another table.
 */
@Injectable()
export class SetAsideRepository {
  private readonly table: BoundedTable;

  constructor(retention: TableRetention) {
    this.table = retention.register(SET_ASIDE_BOUNDS);
  }

  /** Keeps what the arrivals say of these devices, as it was stored: a merged report may contain numbers that no column can store. */
  async keepDevices(
    manager: EntityManager,
    arrivals: readonly ReadArrival[],
    reasons: ReadonlyMap<string, string>,
  ): Promise<void> {
    const kept = new Map<string, TelemetryReport[]>();
    for (const report of arrivals.flatMap(reportsOfArrival).filter(({ imei }) => reasons.has(imei))) {
      kept.set(report.imei, [...(kept.get(report.imei) ?? []), report]);
    }
    for (const [imei, reports] of kept) {
      for (const part of splitByKeys(reports, MAX_ARRIVAL_KEYS)) {
        await manager.query(
          `insert into tbl_iot_set_aside_arrivals (imei, reason, ${ARRIVAL_COLUMNS}) values ($1, $2, ${arrivalValues(part, false)})`,
          [imei, reasons.get(imei)],
        );
      }
      this.table.noteRows(imei);
    }
  }

  async keepArrival(manager: EntityManager, { transactionId, arrivalId }: ArrivalPosition, reason: string): Promise<void> {
    await manager.query(
      `insert into tbl_iot_set_aside_arrivals (reason, arrived_at, ${ARRIVAL_COLUMNS})
       select $1, arrived_at, ${ARRIVAL_COLUMNS} from tbl_iot_telemetry_arrivals where transaction_id = $2::xid8 and arrival_id = $3`,
      [reason, transactionId, arrivalId],
    );
  }
}
