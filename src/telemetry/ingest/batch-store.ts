import { Injectable, Logger } from '@nestjs/common';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { DeviceLog } from '../../diagnosis/device-log.js';
import { FrameSplitter } from '../../protocol/frame-splitter.js';
import { isBadRow, isDuplicateKey, isStaleRoute } from '../../platform/database/database-errors.js';
import { DeviceDays } from '../partitions/device-days.js';
import { IngestCounters } from '../ingest-counters.js';
import { QuarantineRepository } from '../quarantine/quarantine.repository.js';
import { type RecordBatch } from '../storage/record-batch.js';
import { TelemetryEvents } from '../storage/telemetry-events.js';
import { type MergedRows, TelemetryRepository } from '../storage/telemetry.repository.js';

/**
 * Stores one batch, every row exactly once. When events of records are recorded, the same transaction appends what the relay makes them of.
 * A batch is stored in one of three ways, each slower than the one before:
 * *copy* (all rows are new: the common case), *merge* (some rows are already stored), *isolate* (the database rejects some rows: those go to
 * quarantine, the others are stored).
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

  /** Returns when all rows are durable. Throws when the database can't be reached or can't write: call again then. */
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
    await this.repository.copyRows(batch.encodedRows(), this.events.arrivalsOf(batch));
    this.events.signalStored(batch.frames.some(({ summary }) => summary.isUrgent));
  }

  /** Merges rows `first` up to `end`. When the database rejects some, it merges each half separately, down to the single rejected row. */
  private async merge(batch: RecordBatch, first: number, end: number): Promise<void> {
    try {
      const merged = await this.repository.mergeRows(batch.encodedRows(first, end), this.events.onInserted);
      this.events.signalStored(merged.some(({ isUrgent }) => isUrgent === true));
      merged.forEach((device) => this.count(device));
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
    this.logger.warn(`${frame.imei}: the database rejected a record, it was quarantined: ${error.message}`, {
      imei: frame.imei,
      remoteAddress: frame.remoteAddress,
    });
  }
}

/** Decodes the frame again: the batch does not keep decoded records. */
function recordBytes(frameBytes: Buffer, recordIndex: number): Buffer {
  const splitter = new FrameSplitter(frameBytes.length);
  splitter.push(frameBytes);
  const frame = splitter.next();
  return (frame && decodeRecords(frame.data)[recordIndex]?.bytes) ?? frameBytes;
}
