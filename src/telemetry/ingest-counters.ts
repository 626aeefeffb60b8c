import { Injectable } from '@nestjs/common';

/** Counters of the ingest since the start of the process. */
@Injectable()
export class IngestCounters {
  /** Records stored as new rows. */
  recordsStored = 0;
  /** Records that were already stored: a device sent them again. */
  duplicates = 0;
  batches = 0;
  /** Batches that met a duplicate and were merged. */
  mergedBatches = 0;
  /** Batches that held a row the database rejects and were split. */
  isolatedBatches = 0;
  /** Times a batch was retried because it could not be written. */
  retries = 0;
  quarantinedFrames = 0;
  quarantinedRecords = 0;
  partitionsMade = 0;
  partitionsDropped = 0;
  #observeBatch: (records: number, seconds: number) => void = () => undefined;

  countBatch(records: number, seconds: number): void {
    this.batches++;
    this.#observeBatch(records, seconds);
  }

  whenBatchIsStored(observe: (records: number, seconds: number) => void): void {
    this.#observeBatch = observe;
  }
}
