import { Injectable, Logger } from '@nestjs/common';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { DeviceLog } from '../../diagnosis/device-log.js';
import { FrameSplitter } from '../../protocol/frame-splitter.js';
import { isBadRow, isDuplicateKey, isStaleRoute } from '../../platform/database/database-errors.js';
import { DeviceDays } from '../partitions/device-days.js';
import { IngestCounters } from './ingest-counters.js';
import { QuarantineRepository } from '../quarantine/quarantine.repository.js';
import { type RecordBatch } from './record-batch.js';
import { TelemetryEvents } from './telemetry-events.js';
import { type MergedRows, TelemetryRepository } from './telemetry.repository.js';

/**
 * Brings one batch into the table, every row exactly once. Three ways, each slower and more forgiving than the one before:
 * *copy* (no row is known yet: the common case), *merge* (some are), *isolate* (the database refuses some: those go to
 * quarantine, their neighbours are stored).
 */
@Injectable()
export class BatchStore {
  private readonly logger = new Logger(BatchStore.name);

  constructor(
    private readonly repository: TelemetryRepository,
    private readonly deviceDays: DeviceDays,
    private readonly events: TelemetryEvents,
    private readonly counters: IngestCounters,
    private readonly deviceLog: DeviceLog,
    private readonly quarantine: QuarantineRepository,
  ) {}

  /** Returns when all rows are durable. Throws when the database can't be reached or can't write: nothing is decided then, call again. */
  async store(batch: RecordBatch): Promise<void> {
    if (batch.rowCount === 0) {
      return;
    }
    await this.deviceDays.add(batch);
    try {
      await this.copy(batch);
      this.counters.recordsStored += batch.rowCount;
    } catch (error) {
      if (isStaleRoute(error)) {
        return this.store(batch);
      }
      if (isDuplicateKey(error)) {
        this.counters.mergedBatches++;
      } else if (isBadRow(error)) {
        this.counters.isolatedBatches++;
      } else {
        throw error;
      }
      await this.merge(batch, 0, batch.rowCount);
    }
  }

  private async copy(batch: RecordBatch): Promise<void> {
    if (this.events.areWanted) {
      await this.repository.copyRowsAndTell(batch.encodedRows(), batch.keys());
    } else {
      await this.repository.copyRows(batch.encodedRows());
    }
  }

  /** Merges rows `first` up to `end`; when some are refused, each half by itself, down to the single row that is to blame. */
  private async merge(batch: RecordBatch, first: number, end: number): Promise<void> {
    try {
      (await this.repository.mergeRows(batch.encodedRows(first, end))).forEach((merged) => this.count(merged));
    } catch (error) {
      if (!isBadRow(error) || isStaleRoute(error)) {
        throw error;
      }
      if (end - first === 1) {
        await this.quarantineRow(batch, first, error as Error);
        return;
      }
      const middle = first + Math.floor((end - first) / 2);
      await this.merge(batch, first, middle);
      await this.merge(batch, middle, end);
    }
  }

  private count({ imei, came, inserted }: MergedRows): void {
    this.counters.recordsStored += inserted;
    this.counters.duplicates += came - inserted;
    if (came > inserted) {
      this.deviceLog.tally('resent_records', imei, 'duplicate', came - inserted);
    }
  }

  private async quarantineRow(batch: RecordBatch, row: number, error: Error): Promise<void> {
    const { frame, recordIndex } = batch.frameOfRow(row);
    const raw = recordBytes(frame.bytes, recordIndex);
    await this.quarantine.keep({
      imei: frame.imei,
      remoteAddress: frame.remoteAddress,
      scope: 'record',
      code: 'ROW_REFUSED',
      detail: error.message,
      raw,
    });
    this.counters.quarantinedRecords++;
    this.logger.warn(`${frame.imei}: the database refuses a record, it is in quarantine: ${error.message}`, {
      imei: frame.imei,
      remoteAddress: frame.remoteAddress,
    });
  }
}

/** Decodes the frame once more: its records were let go when the batch took it. */
function recordBytes(frameBytes: Buffer, recordIndex: number): Buffer {
  const splitter = new FrameSplitter(frameBytes.length);
  splitter.push(frameBytes);
  const frame = splitter.next();
  return (frame && decodeRecords(frame.data)[recordIndex]?.bytes) ?? frameBytes;
}
