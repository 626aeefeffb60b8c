import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { isBadRow } from '../../platform/database/database-errors.js';
import { ID_CURSOR } from '../../platform/database/page-cursor.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { LatestRecords } from '../latest/latest-records.js';
import { RecordBatch } from '../storage/record-batch.js';
import { TelemetryEvents } from '../storage/telemetry-events.js';
import { TelemetryRepository } from '../storage/telemetry.repository.js';
import { DeviceDays } from '../partitions/device-days.js';
import { type QuarantineFilter, QuarantineRepository } from './quarantine.repository.js';
import { type QuarantinedFrame } from './quarantined-frame.entity.js';
import { decodeQuarantined } from './quarantined-records.js';

/** Rows locked by one transaction. */
const ROWS_PER_TRANSACTION = 20;

export interface StillQuarantined {
  readonly quarantineId: string;
  readonly imei: string;
  readonly reason: string;
  readonly detail: string;
}

export interface RetryResult {
  /** Rows that were decoded again. */
  read: number;
  /** Rows whose records are now stored. */
  moved: number;
  /** Records of the moved rows that are new. The others were already stored. */
  recordsStored: number;
  duplicates: number;
  readonly remaining: StillQuarantined[];
  /** Null: no rows are left. */
  nextCursor: string | null;
}

export interface MovedRows {
  readonly read: number;
  readonly moved: number;
  readonly recordsStored: number;
}

/** Called in each transaction that has moved rows. An error rolls the transaction back. */
export type OnMoved = (manager: EntityManager, rows: MovedRows) => Promise<void>;

interface Decoded {
  readonly row: QuarantinedFrame;
  readonly batch: RecordBatch;
}

/**
 * Decodes quarantined bytes again, for example after an upgrade, and moves the decoded records to the table of records. One transaction deletes the
 * quarantine row and inserts its records, and holds the lock of the row: concurrent retries move each row once.
 */
@Injectable()
export class QuarantineRetry {
  constructor(
    private readonly quarantine: QuarantineRepository,
    private readonly records: TelemetryRepository,
    private readonly events: TelemetryEvents,
    private readonly deviceDays: DeviceDays,
    private readonly latest: LatestRecords,
  ) {}

  /** Decodes up to `limit` rows after the id `afterId`, oldest first. */
  async retry(filter: QuarantineFilter, afterId: string, limit: number, onMoved: OnMoved): Promise<RetryResult> {
    const result: RetryResult = { read: 0, moved: 0, recordsStored: 0, duplicates: 0, remaining: [], nextCursor: afterId };
    while (result.read < limit && result.nextCursor !== null) {
      await this.retrySome(filter, result, Math.min(ROWS_PER_TRANSACTION, limit - result.read), onMoved);
    }
    return result;
  }

  private async retrySome(filter: QuarantineFilter, result: RetryResult, limit: number, onMoved: OnMoved): Promise<void> {
    const before = { ...result };
    const touched: { imei: string; days: readonly number[] }[] = [];
    const rows = await this.quarantine.transaction(async (manager) => {
      const locked = await this.quarantine.lockNext(manager, filter, result.nextCursor ?? '0', limit);
      const decoded = locked.flatMap((row) => decode(row, result));
      for (const { row, batch } of decoded) {
        await this.deviceDays.add(batch);
        touched.push({ imei: row.imei, days: [...batch.days] });
        await this.move(manager, row, batch, result);
      }
      const moved = result.moved - before.moved;
      if (moved > 0) {
        await onMoved(manager, { read: locked.length, moved, recordsStored: result.recordsStored - before.recordsStored });
      }
      return locked;
    });
    touched.forEach(({ imei, days }) => this.latest.touch(imei, days));
    result.read += rows.length;
    result.nextCursor = ID_CURSOR.next({ rows, hasMore: rows.length === limit }, ({ quarantineId: id }) => ({ id }));
  }

  /** One savepoint per row: a row that the database rejects must not undo the others. */
  private async move(manager: EntityManager, row: QuarantinedFrame, batch: RecordBatch, result: RetryResult): Promise<void> {
    try {
      const merged = await manager.transaction(async ({ queryRunner }) => {
        if (!queryRunner) {
          throw new Error('A transaction has a query runner');
        }
        const rows = await this.records.mergeRowsWithin(queryRunner, batch.encodedRows(), this.events.onInserted);
        await this.quarantine.remove(queryRunner.manager, row.quarantineId);
        return rows;
      });
      result.moved++;
      for (const { came, inserted } of merged) {
        result.recordsStored += inserted;
        result.duplicates += came - inserted;
      }
    } catch (error) {
      if (!isBadRow(error)) {
        throw error;
      }
      result.remaining.push(remaining(row, 'ROW_REFUSED', (error as Error).message));
    }
  }
}

function decode(row: QuarantinedFrame, { remaining: left }: RetryResult): Decoded[] {
  const { imei, remoteAddress, receivedAt, scope, raw } = row;
  try {
    const records = decodeQuarantined(scope, raw);
    const batch = new RecordBatch();
    batch.add({ imei, remoteAddress, receivedAtMs: receivedAt.getTime(), isByUdp: false, records, bytes: raw });
    return [{ row, batch }];
  } catch (error) {
    if (!(error instanceof ProtocolError)) {
      throw error;
    }
    left.push(remaining(row, error.code, error.message));
    return [];
  }
}

function remaining({ quarantineId, imei }: QuarantinedFrame, reason: string, detail: string): StillQuarantined {
  return { quarantineId, imei, reason, detail };
}
