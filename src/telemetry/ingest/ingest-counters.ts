import { Injectable } from '@nestjs/common';

/** What the ingest has done since the start of the process. */
@Injectable()
export class IngestCounters {
  /** Rows new to the table. */
  recordsStored = 0;
  /** Records that were in the table already: a device sent them again. */
  duplicates = 0;
  batches = 0;
  /** Batches that met a duplicate and went the second way. */
  mergedBatches = 0;
  /** Batches that held a row the database refuses and were taken apart. */
  isolatedBatches = 0;
  /** Times a batch had to be written again because the database was away. */
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
