import { type AvlRecord } from '../../protocol/avl-record.js';
import { isNewer, type KeyLists } from '../../events/telemetry/telemetry-report.js';
import { type AcknowledgementListener } from '../../transport/patterns.js';
import { dayOf, isPlausibleTime } from '../clock-window.js';
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

/** The newest record of a frame, for the events. Gathered while the rows are encoded, when its time and hash are known anyway. */
export interface FrameSummary {
  newestMs: number;
  newestHash: bigint;
  isPlausible: boolean;
  /** A record has the priority 1 (high) or 2 (panic). */
  isUrgent: boolean;
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
  readonly summary: FrameSummary;
  readonly listener: AcknowledgementListener;
}

/** Layout of an encoded row: the count of columns, then for each column a 4-byte length and its bytes. The IMEI is the first column. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const EIGHT_BYTE_COLUMN = LENGTH_BYTES + 8;

const NO_LISTENER: AcknowledgementListener = { stored: () => undefined, failed: () => undefined };

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

  /** @param listener is called by the writer of the batch; without one the caller knows the outcome of the batch. */
  add(frame: IncomingFrame, listener: AcknowledgementListener = NO_LISTENER): void {
    const firstRow = this.rowCount;
    const days: number[] = [];
    const summary: FrameSummary = { newestMs: -Infinity, newestHash: 0n, isPlausible: false, isUrgent: false };
    for (const record of frame.records) {
      const hash = appendRecordRow(this.rows, frame.imei, record, frame.receivedAtMs);
      this.rowEnds.push(this.rows.length);
      const timeMs = storedTimestampMs(record);
      addToSummary(summary, record, timeMs, hash, frame.receivedAtMs);
      const day = dayOf(timeMs);
      if (day !== days.at(-1)) {
        days.push(day);
        this.days.add(day);
      }
    }
    const { imei, remoteAddress, receivedAtMs, isByUdp, bytes } = frame;
    const rowCount = frame.records.length;
    this.frames.push({ imei, remoteAddress, receivedAtMs, isByUdp, bytes, firstRow, rowCount, days, summary, listener });
  }

  /** The encoded rows from `first` up to but without `end`. */
  encodedRows(first = 0, end = this.rowCount): Buffer {
    return this.rows.written(first === 0 ? 0 : this.rowEnds[first - 1], end === 0 ? 0 : this.rowEnds[end - 1]);
  }

  /** Keys of the records of a frame. Read back from the encoded rows, because only events that list every record need them. */
  keysOf({ imei, firstRow, rowCount }: BatchedFrame): KeyLists {
    const keys: KeyLists = { timesMs: [], hashes: [] };
    const bytes = this.rows.written();
    for (let row = firstRow; row < firstRow + rowCount; row++) {
      const time = (this.rowEnds[row - 1] ?? 0) + COUNT_BYTES + LENGTH_BYTES + imei.length + LENGTH_BYTES;
      keys.timesMs.push(timestampMsAt(bytes, time));
      keys.hashes.push(bytes.readBigInt64BE(time + EIGHT_BYTE_COLUMN).toString());
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

function addToSummary(summary: FrameSummary, record: AvlRecord, timeMs: number, hash: bigint, receivedAtMs: number): void {
  summary.isUrgent ||= record.priority > 0;
  const isPlausible = isPlausibleTime(timeMs, receivedAtMs);
  // The hash is signed where it is stored. Most records differ by their time, so its sign is looked at last.
  if (isPlausible === summary.isPlausible && timeMs < summary.newestMs) {
    return;
  }
  const newer = { newestMs: timeMs, newestHash: BigInt.asIntN(64, hash), isPlausible };
  if (isNewer(newer, summary)) {
    Object.assign(summary, newer);
  }
}
