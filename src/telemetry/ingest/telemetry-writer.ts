import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { TelemetrySettings } from '../telemetry.settings.js';
import { BatchStore } from './batch-store.js';
import { type CopyBuffer } from '../row-encoding/copy-buffer.js';
import { IngestCounters } from '../ingest-counters.js';
import { LatestRecords } from '../latest/latest-records.js';
import { StoredRecords } from '../latest/stored-records.js';
import { type AcknowledgementListener } from '../../transport/patterns.js';
import { RecordBatch, type IncomingFrame } from '../storage/record-batch.js';
import { WriteFailures } from './write-failures.js';
import { SECOND_MS } from '../../platform/time-units.js';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** Larger buffers are rare and not kept for reuse. */
const MAX_SPARE_BYTES = 4 * 1024 * 1024;

/**
 * Group commit. Frames of all connections that arrive while batches are being written form the next batch. Batches grow with the load:
 * one commit, and one fsync, stores the frames of many devices.
 *
 * A batch that can't be written is retried until the process stops. Its
 * frames stay unacknowledged and their connections stay paused, so the transport bounds the number of waiting frames.
 */
@Injectable()
export class TelemetryWriter implements OnApplicationShutdown {
  private readonly waiting: RecordBatch[] = [];
  private readonly stopping = new AbortController();
  /**
   * Buffers of stored batches, reused for later batches. A new buffer grows by doubling, in memory that the system has to allocate and clear.
   * Measured at 200 devices without reuse: 36 page faults per 1,000 records instead of 4, and 5 MB more resident.
   */
  private readonly spareRows: CopyBuffer[] = [];
  private writing = 0;
  private scheduled = false;

  constructor(
    private readonly settings: TelemetrySettings,
    private readonly store: BatchStore,
    private readonly latest: LatestRecords,
    private readonly counters: IngestCounters,
    private readonly failures: WriteFailures,
    private readonly storedRecords: StoredRecords,
  ) {}

  /** The listener is called with the number of records once all of them are durable (or were already stored). */
  write(frame: IncomingFrame, listener: AcknowledgementListener): void {
    this.openBatch().add(frame, listener);
    this.schedule();
  }

  /** Batches being written or waiting. */
  get batchesInFlight(): number {
    return this.writing + this.waiting.length;
  }

  /** The transport has closed its connections before: no device waits for these batches any more. */
  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The gateway is stopping'));
  }

  private openBatch(): RecordBatch {
    const last = this.waiting.at(-1);
    if (last && last.rowCount < this.settings.TELEMETRY_BATCH_RECORDS) {
      return last;
    }
    const batch = new RecordBatch(this.spareRows.pop());
    this.waiting.push(batch);
    return batch;
  }

  /** Starts writing after this turn of the event loop, so that all frames of the turn share a batch. */
  private schedule(): void {
    if (this.scheduled || this.writing >= this.settings.TELEMETRY_WRITERS) {
      return;
    }
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.waiting.length > 0 && this.writing < this.settings.TELEMETRY_WRITERS) {
        void this.writeNext();
      }
    });
  }

  private async writeNext(): Promise<void> {
    const batch = this.waiting.shift();
    if (!batch) {
      return;
    }
    this.writing++;
    let settled = 0;
    try {
      await this.persist(batch);
      for (const frame of batch.frames) {
        this.latest.touch(frame.imei, frame.days);
        this.storedRecords.announce(frame.imei, frame.bytes, frame);
        settled++;
        frame.listener.stored(frame.rowCount);
      }
      this.keepRows(batch.rows);
    } catch (error) {
      batch.frames.slice(settled).forEach(({ listener }) => listener.failed(error));
    } finally {
      this.writing--;
      if (this.waiting.length > 0) {
        this.schedule();
      }
    }
  }

  private keepRows(rows: CopyBuffer): void {
    if (this.spareRows.length <= this.settings.TELEMETRY_WRITERS && rows.capacity <= MAX_SPARE_BYTES) {
      rows.clear();
      this.spareRows.push(rows);
    }
  }

  private async persist(batch: RecordBatch): Promise<void> {
    const begun = performance.now();
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      try {
        await this.store.store(batch);
        this.failures.clear();
        this.counters.countBatch(batch.rowCount, (performance.now() - begun) / SECOND_MS);
        return;
      } catch (error) {
        this.counters.retries++;
        this.failures.note(error, batch.rowCount);
        await delay(retryMs, undefined, { signal: this.stopping.signal });
      }
    }
  }
}
