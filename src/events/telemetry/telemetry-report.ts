/** What decides which of two records is the newer one. */
export interface NewestRecord {
  /** Device time, Unix milliseconds. */
  newestMs: number;
  newestHash: bigint;
  /** False when the device time is too far in the future. */
  isPlausible: boolean;
}

/** Keys of records of one device. Index i of each array belongs to record i. */
export interface KeyLists {
  readonly timesMs: number[];
  readonly hashes: string[];
}

/** How many records, when they were received, and which is the newest. */
export interface RecordCounts extends NewestRecord {
  count: number;
  firstReceivedMs: number;
  lastReceivedMs: number;
}

/** New records of one device, which its next telemetry event reports. */
export interface TelemetryReport extends RecordCounts {
  readonly imei: string;
  /** Of every record, with WEBHOOK_TELEMETRY_RECORDS=all; else null. */
  keys: KeyLists | null;
}

/** A record with a plausible time is newer than any record without one. Of the same time, the one with the greater hash is. */
export function isNewer(one: Readonly<NewestRecord>, other: Readonly<NewestRecord>): boolean {
  if (one.isPlausible !== other.isPlausible) {
    return one.isPlausible;
  }
  return one.newestMs > other.newestMs || (one.newestMs === other.newestMs && one.newestHash > other.newestHash);
}

/** Adds the records of `more` to `known`, which is changed. They must be different records of the same device. */
export function addCounts(known: RecordCounts, more: Readonly<RecordCounts>): void {
  known.count += more.count;
  known.firstReceivedMs = Math.min(known.firstReceivedMs, more.firstReceivedMs);
  known.lastReceivedMs = Math.max(known.lastReceivedMs, more.lastReceivedMs);
  if (isNewer(more, known)) {
    known.newestMs = more.newestMs;
    known.newestHash = more.newestHash;
    known.isPlausible = more.isPlausible;
  }
}

/** Adds the records of `more` with their keys. */
export function addReport(known: TelemetryReport, more: Readonly<TelemetryReport>): void {
  addCounts(known, more);
  if (more.keys === null) {
    return;
  }
  known.keys ??= { timesMs: [], hashes: [] };
  for (let index = 0; index < more.keys.timesMs.length; index++) {
    known.keys.timesMs.push(more.keys.timesMs[index] as number);
    known.keys.hashes.push(more.keys.hashes[index] as string);
  }
}
