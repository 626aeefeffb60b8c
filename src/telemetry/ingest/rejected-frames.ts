import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { retryWhileUnavailable } from '../../platform/database/database-errors.js';
import { isMessageCodec } from '../../protocol/codec-ids.js';
import { type FrameOutcome, type RejectedFrame } from '../../transport/patterns.js';
import { IngestCounters } from '../ingest-counters.js';
import { recordHash } from '../row-encoding/record-row.js';
import { type QuarantineEntry, QuarantineRepository } from '../quarantine/quarantine.repository.js';

/** Bytes that arrive unchanged this many times were not damaged in transit. */
const STRIKES_BEFORE_QUARANTINE = 3;
const DEVICES_REMEMBERED = 10_000;

const CLOSE: FrameOutcome = { kind: 'close' };
const SKIP: FrameOutcome = { kind: 'skip' };

/**
 * Decides the outcome of a whole frame that cannot be stored as records, so that no frame blocks its device indefinitely:
 *
 * - CRC wrong, or no CRC at all (UDP): the bytes may have been damaged. Nothing is stored or acknowledged, the connection, if there is one,
 *   closes and the device sends again. When the same bytes arrive for the third time they go to the quarantine.
 * - CRC right, but the body cannot be decoded (counts that differ, an unknown codec, an unknown layout): the device would send the same bytes
 *   again, so they go to the quarantine at once.
 *
 * A frame in the quarantine is acknowledged with its number of data 1, after the row is committed, and the connection stays. Messages (codecs
 * 12 to 15) are skipped instead: they are never acknowledged with a count.
 */
@Injectable()
export class RejectedFrames implements OnApplicationShutdown {
  private readonly logger = new Logger(RejectedFrames.name);
  private readonly stopping = new AbortController();
  private readonly strikes = new Map<string, { hash: bigint; count: number }>();

  constructor(
    private readonly quarantine: QuarantineRepository,
    private readonly counters: IngestCounters,
  ) {}

  async decide(imei: string, remoteAddress: string, frame: RejectedFrame): Promise<FrameOutcome> {
    if (!frame.crcIsRight && this.strike(imei, frame.bytes) < STRIKES_BEFORE_QUARANTINE) {
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
    await retryWhileUnavailable(() => this.quarantine.keep(entry), this.stopping.signal);
    this.strikes.delete(imei);
    this.counters.quarantinedFrames++;
    this.logger.warn(
      `${imei}: a frame of ${frame.bytes.length} bytes was quarantined: ${frame.error.code}, ${frame.error.message}`,
      { imei, remoteAddress },
    );
    return isMessageCodec(frame.codec) ? SKIP : { kind: 'acknowledge', count: frame.count };
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The gateway is stopping'));
  }

  /** How many times in a row this device has sent these bytes. */
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
