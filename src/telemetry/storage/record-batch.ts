import { type AvlRecord } from '../../protocol/avl-record.js';
import { PendingAcknowledgement } from '../../transport/patterns.js';
import { dayOf } from '../clock-window.js';
import { CopyBuffer, timestampMsAt } from '../row-encoding/copy-buffer.js';
import { appendRecordRow, storedTimestampMs } from '../row-encoding/record-row.js';

/** A frame with its source, and with its bytes in case one of its records has to be quarantined. */
export interface IncomingFrame {
  readonly imei: string;
  readonly remoteAddress: string;
  readonly receivedAtMs: number;
  readonly isByUdp: boolean;
  readonly records: readonly AvlRecord[];
  readonly bytes: Buffer;
}

/** A frame in a batch. Its records are not kept: 100,000 waiting ones would be 200 MB of objects; its bytes are. */
export interface BatchedFrame {
  readonly imei: string;
  readonly remoteAddress: string;
  readonly receivedAtMs: number;
  readonly isByUdp: boolean;
  readonly bytes: Buffer;
  readonly firstRow: number;
  readonly rowCount: number;
  /** Days of its device times. A day may occur several times. */
  readonly days: readonly number[];
  readonly acknowledgement: PendingAcknowledgement;
}

/** The keys of records and the times at which they were received. Index i of each array belongs to record i. */
export interface RecordKeys {
  readonly imeis: string[];
  readonly timesMs: number[];
  readonly hashes: bigint[];
  readonly receivedMs: number[];
}

/** Layout of an encoded row: the count of columns, then for each column a 4-byte length and its bytes. The IMEI is the first column. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const EIGHT_BYTE_COLUMN = LENGTH_BYTES + 8;

/** Rows of many frames, encoded for COPY, that are committed together. */
export class RecordBatch {
  readonly frames: BatchedFrame[] = [];
  /** Days since 1970-01-01 of the device times in it. */
  readonly days = new Set<number>();
  private readonly rowEnds: number[] = [];

  /** @param rows an empty buffer for the encoded rows. The batch owns it until it is settled. */
  constructor(readonly rows = new CopyBuffer()) {}

  get rowCount(): number {
    return this.rowEnds.length;
  }

  get byteLength(): number {
    return this.rows.length;
  }

  /** The writer of the batch settles what is returned, with the number of records once all records of the frame are durable. */
  add(frame: IncomingFrame): PendingAcknowledgement {
    const firstRow = this.rowCount;
    const days: number[] = [];
    for (const record of frame.records) {
      appendRecordRow(this.rows, frame.imei, record, frame.receivedAtMs);
      this.rowEnds.push(this.rows.length);
      const day = dayOf(storedTimestampMs(record));
      if (day !== days.at(-1)) {
        days.push(day);
        this.days.add(day);
      }
    }
    const { imei, remoteAddress, receivedAtMs, isByUdp, bytes } = frame;
    const rowCount = frame.records.length;
    const acknowledgement = new PendingAcknowledgement();
    this.frames.push({ imei, remoteAddress, receivedAtMs, isByUdp, bytes, firstRow, rowCount, days, acknowledgement });
    return acknowledgement;
  }

  /** The encoded rows from `first` up to but without `end`. */
  encodedRows(first = 0, end = this.rowCount): Buffer {
    return this.rows.written(first === 0 ? 0 : this.rowEnds[first - 1], end === 0 ? 0 : this.rowEnds[end - 1]);
  }

  /** Read back from the encoded rows, because only events of records need them: without events they cost nothing. */
  keys(): RecordKeys {
    const keys: RecordKeys = { imeis: [], timesMs: [], hashes: [], receivedMs: [] };
    const bytes = this.rows.written();
    for (const { imei, firstRow, rowCount } of this.frames) {
      for (let row = firstRow; row < firstRow + rowCount; row++) {
        const time = (this.rowEnds[row - 1] ?? 0) + COUNT_BYTES + LENGTH_BYTES + imei.length + LENGTH_BYTES;
        keys.imeis.push(imei);
        keys.timesMs.push(timestampMsAt(bytes, time));
        keys.hashes.push(bytes.readBigInt64BE(time + EIGHT_BYTE_COLUMN));
        keys.receivedMs.push(timestampMsAt(bytes, time + 2 * EIGHT_BYTE_COLUMN));
      }
    }
    return keys;
  }

  /** The frame of a row, and the index of its record in the frame. */
  frameOfRow(row: number): { frame: BatchedFrame; recordIndex: number } {
    const frame = this.frames.findLast(({ firstRow }) => firstRow <= row);
    if (!frame) {
      throw new RangeError(`The batch has no row ${row}`);
    }
    return { frame, recordIndex: row - frame.firstRow };
  }
}
