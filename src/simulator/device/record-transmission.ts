import { type RecordCodec } from '../../protocol/codec-ids.js';
import { encodeFrame } from '../../protocol/frame-encoder.js';
import { type FaultPlan } from '../fault-plan.js';
import { drawInteger } from '../random.js';
import { type RecordBuffer } from './record-buffer.js';
import { type StoredRecord } from './record-source.js';

/** A long queue is sent in frames of about this many bytes of records, as a TFT100 does. */
const BACKLOG_FRAME_BYTES = 1000;
const MAX_RECORDS = 255;

export interface OutgoingFrame {
  readonly kind: 'fresh' | 'resend' | 'duplicate';
  readonly bytes: Buffer;
  readonly count: number;
  readonly hasBadCrc: boolean;
  /** A fault: the acknowledgement of this frame will be ignored. */
  readonly losesAcknowledgement: boolean;
}

export type AcknowledgementResult =
  | { readonly kind: 'accepted'; readonly frame: OutgoingFrame; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'wrong-count' }
  /** A fault: the acknowledgement is ignored. */
  | { readonly kind: 'lost' }
  /** No frame is in flight. */
  | { readonly kind: 'unexpected' };

export interface TransmissionOptions {
  readonly codec: RecordCodec;
  readonly recordsPerFrame: number;
  readonly newestFirst: boolean;
}

/**
 * Stop and wait: one frame of records is in flight at a time, and its records are kept until they are acknowledged with the right count.
 * It is idle, has a frame in flight (`current`), or holds records that are to be sent again.
 */
export class RecordTransmission {
  private inFlight: OutgoingFrame | null = null;
  private records: readonly StoredRecord[] = [];
  private duplicate: readonly StoredRecord[] = [];
  private wasAcknowledgementLost = false;

  constructor(
    private readonly buffer: RecordBuffer,
    private readonly options: TransmissionOptions,
    private readonly faults: FaultPlan,
  ) {}

  get current(): OutgoingFrame | null {
    return this.inFlight;
  }

  /** Number of records that were taken from the buffer and are not acknowledged. */
  get unacknowledged(): number {
    return this.records.length;
  }

  /** Returns the next frame, which is then in flight. Returns null when one is in flight already, or when fewer than `minimum` records wait. */
  next(minimum: number): OutgoingFrame | null {
    if (this.inFlight !== null) {
      return null;
    }
    if (this.duplicate.length > 0) {
      const frame = this.frame('duplicate', this.duplicate);
      this.duplicate = [];
      return frame;
    }
    if (this.records.length > 0) {
      this.addNewerRecords();
      return this.frame('resend', this.records);
    }
    if (this.buffer.size < Math.max(1, minimum)) {
      return null;
    }
    this.records = this.takeRecords();
    return this.frame('fresh', this.records);
  }

  acknowledge(count: number): AcknowledgementResult {
    const frame = this.inFlight;
    if (frame === null) {
      return { kind: 'unexpected' };
    }
    if (frame.losesAcknowledgement) {
      return { kind: 'lost' };
    }
    this.inFlight = null;
    if (count !== frame.count) {
      return { kind: 'wrong-count' };
    }
    if (frame.kind === 'duplicate') {
      return { kind: 'accepted', frame, records: [] };
    }
    const records = this.records;
    this.records = [];
    if (this.faults.occurs('duplicate')) {
      this.duplicate = records;
    }
    return { kind: 'accepted', frame, records };
  }

  /** The connection is lost, and with it the acknowledgement. The same records are sent again on the next one. */
  connectionLost(): void {
    this.wasAcknowledgementLost = this.inFlight !== null;
    this.inFlight = null;
    this.duplicate = [];
  }

  private takeRecords(): StoredRecord[] {
    const { recordsPerFrame, newestFirst } = this.options;
    const isLong = this.buffer.size >= 2 * recordsPerFrame;
    return this.buffer.take(recordsPerFrame, isLong ? BACKLOG_FRAME_BYTES : 0, MAX_RECORDS, newestFirst);
  }

  private addNewerRecords(): void {
    const { recordsPerFrame, newestFirst } = this.options;
    const room = Math.min(recordsPerFrame, MAX_RECORDS - this.records.length);
    if (this.wasAcknowledgementLost && this.buffer.size > 0 && room > 0 && this.faults.occurs('rebatch')) {
      const newer = this.buffer.take(room, 0, MAX_RECORDS, newestFirst);
      this.records = newestFirst ? [...newer, ...this.records] : [...this.records, ...newer];
    }
    this.wasAcknowledgementLost = false;
  }

  private frame(kind: OutgoingFrame['kind'], records: readonly StoredRecord[]): OutgoingFrame {
    const count = records.length;
    const parts = [Buffer.of(this.options.codec, count), ...records.map((record) => record.bytes), Buffer.of(count)];
    const bytes = encodeFrame(Buffer.concat(parts));
    const hasBadCrc = this.faults.occurs('badCrc');
    if (hasBadCrc) {
      this.breakCrc(bytes);
    }
    this.inFlight = { kind, bytes, count, hasBadCrc, losesAcknowledgement: this.faults.occurs('loseAck') };
    return this.inFlight;
  }

  /** Another wrong value each time, like noise on a line. */
  private breakCrc(frame: Buffer): void {
    const noise = drawInteger(this.faults.sequenceOf('badCrc'), 1, 0xffff);
    const offset = frame.length - 2;
    frame.writeUInt16BE(frame.readUInt16BE(offset) ^ noise, offset);
  }
}
