import { type StoredRecord } from './record-source.js';

/** Copying the array costs its length, so it is copied only when at least this many entries, and half of it, are empty. */
const COMPACT_AT = 64;

/** The records that wait to be sent, oldest to newest, up to a limit. Above it the oldest is dropped. */
export class RecordBuffer {
  private records: StoredRecord[] = [];
  private head = 0;

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.records.length - this.head;
  }

  /** Returns how many old records were dropped: 0 or 1. */
  add(record: StoredRecord): number {
    this.records.push(record);
    if (this.size <= this.capacity) {
      return 0;
    }
    this.shift(1);
    return 1;
  }

  /**
   * Removes and returns `atLeast` records, or all when there are fewer, and more as long as they fit into `maxBytes` together. With
   * `newestFirst` they are returned in that order.
   */
  take(atLeast: number, maxBytes: number, maxCount: number, newestFirst: boolean): StoredRecord[] {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(this.size, maxCount)) {
      const index = newestFirst ? this.records.length - 1 - count : this.head + count;
      bytes += this.records[index]!.bytes.length;
      if (count >= atLeast && bytes > maxBytes) {
        break;
      }
      count++;
    }
    return newestFirst ? this.records.splice(this.records.length - count).reverse() : this.shift(count);
  }

  /** Returns how many records were erased. */
  clear(): number {
    const erased = this.size;
    this.records = [];
    this.head = 0;
    return erased;
  }

  private shift(count: number): StoredRecord[] {
    const taken = this.records.slice(this.head, this.head + count);
    this.head += count;
    if (this.head === this.records.length) {
      this.records = [];
      this.head = 0;
    } else if (this.head >= COMPACT_AT && this.head * 2 >= this.records.length) {
      this.records = this.records.slice(this.head);
      this.head = 0;
    }
    return taken;
  }
}
