import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { retryWhileAway } from '../platform/database/retry-while-away.js';
import { isMessageCodec, isRecordCodec } from '../protocol/codec-ids.js';
import { type RejectedFrame, type FrameOutcome } from '../transport/patterns.js';
import { IngestCounters } from './ingest-counters.js';
import { recordHash } from './record-row.js';
import { type QuarantineEntry, TelemetryRepository } from './telemetry.repository.js';

/** A frame that fails the same way this often is what the device means to send; one that was damaged on the way is not. */
const STRIKES_BEFORE_QUARANTINE = 3;
const DEVICES_REMEMBERED = 10_000;

const CLOSE: FrameOutcome = { kind: 'close' };

/**
 * Decides what becomes of a whole frame that can't be stored as records, so that no device is stuck with it for ever:
 *
 * - CRC or counts wrong, or no CRC at all (UDP): the bytes may have been damaged. Nothing is stored or acknowledged, the
 *   connection, if there is one, closes and the device sends again. When the very same bytes come for the third time they go to quarantine.
 * - CRC right, but the body can't be decoded: sending again changes nothing, so to quarantine at once.
 * - A codec nobody knows: to quarantine; there is no telling what an acknowledgement would mean, so the connection closes.
 *
 * What is in quarantine is acknowledged when it was records (the device may forget them), and passed over when it was a message.
 */
@Injectable()
export class RejectedFrames implements OnApplicationShutdown {
  private readonly logger = new Logger(RejectedFrames.name);
  private readonly stopping = new AbortController();
  private readonly strikes = new Map<string, { hash: bigint; count: number }>();

  constructor(
    private readonly repository: TelemetryRepository,
    private readonly counters: IngestCounters,
  ) {}

  async judge(imei: string, remoteAddress: string, frame: RejectedFrame): Promise<FrameOutcome> {
    const mayBeDamaged = !frame.crcIsRight || frame.error.code === 'COUNT_MISMATCH';
    if (mayBeDamaged && this.strike(imei, frame.bytes) < STRIKES_BEFORE_QUARANTINE) {
      return CLOSE;
    }
    const entry: QuarantineEntry = {
      imei,
      remoteAddress,
      scope: 'frame',
      code: frame.error.code,
      detail: frame.error.message,
      raw: frame.bytes,
    };
    await retryWhileAway(() => this.repository.quarantine(entry), this.stopping.signal);
    this.strikes.delete(imei);
    this.counters.quarantinedFrames++;
    this.logger.warn(
      `${imei}: a frame of ${frame.bytes.length} bytes is in quarantine: ${frame.error.code}, ${frame.error.message}`,
      { imei, remoteAddress },
    );
    if (isRecordCodec(frame.codec)) {
      return { kind: 'acknowledge', count: frame.count };
    }
    return isMessageCodec(frame.codec) ? { kind: 'skip' } : CLOSE;
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The gateway is stopping'));
  }

  /** How often in a row this device has sent these bytes. */
  private strike(imei: string, bytes: Buffer): number {
    const hash = recordHash(bytes);
    const previous = this.strikes.get(imei);
    const count = previous?.hash === hash ? previous.count + 1 : 1;
    this.strikes.delete(imei);
    this.strikes.set(imei, { hash, count });
    if (this.strikes.size > DEVICES_REMEMBERED) {
      // A Map keeps the order of insertion: the first key is the device that has been quiet for longest.
      this.strikes.delete(this.strikes.keys().next().value ?? '');
    }
    return count;
  }
}
