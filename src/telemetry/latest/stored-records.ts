import { Injectable, Logger } from '@nestjs/common';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { FrameSplitter } from '../../protocol/frame-splitter.js';

/** How a frame came. */
export interface FrameOrigin {
  readonly receivedAtMs: number;
  /** By UDP the sender proves nothing: anyone can have sent it. */
  readonly isByUdp: boolean;
}

/** Someone outside of telemetry who needs the records of some devices as they arrive. */
export interface RecordWatcher {
  /** Whether it needs the records of this device. Called for every frame, so it must be as cheap as a look-up in a set. */
  watches(imei: string): boolean;
  /**
   * Records of a watched device are in the database, and the device has not received their acknowledgement yet. The records are those of one
   * frame, in its order; some may have been stored before. They are valid during the call only.
   */
  onStored(imei: string, records: readonly AvlRecord[], origin: FrameOrigin): void;
}

/**
 * Passes on records between their commit and their acknowledgement, on the instance that has received them. A frame of a device that is not
 * watched costs one look-up per watcher; the frame of another one is decoded again, because a batch does not keep its records.
 */
@Injectable()
export class StoredRecords {
  private readonly logger = new Logger(StoredRecords.name);
  private readonly watchers: RecordWatcher[] = [];

  addWatcher(watcher: RecordWatcher): void {
    this.watchers.push(watcher);
  }

  /** Never throws: the frame is stored, whatever a watcher makes of it. */
  announce(imei: string, frameBytes: Buffer, origin: FrameOrigin): void {
    let records: readonly AvlRecord[] | null = null;
    for (const watcher of this.watchers) {
      if (watcher.watches(imei)) {
        try {
          records ??= decodeFrame(frameBytes);
          watcher.onStored(imei, records, origin);
        } catch (error) {
          this.logger.error(error);
        }
      }
    }
  }
}

function decodeFrame(bytes: Buffer): readonly AvlRecord[] {
  const splitter = new FrameSplitter(bytes.length);
  splitter.push(bytes);
  const frame = splitter.next();
  return frame === null ? [] : decodeRecords(frame.data);
}
