import { type LoggerService } from '@nestjs/common';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { isMessageCodec, isRecordCodec } from '../../protocol/codec-ids.js';
import { FrameCrcError, type Frame } from '../../protocol/frame-splitter.js';
import { decodeMessages } from '../../protocol/message.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import {
  DEVICE_MESSAGE,
  REJECTED_FRAME,
  TELEMETRY_FRAME,
  type DeviceMessageFrame,
  type FrameOutcome,
  type RecordsTaken,
  type RejectedFrame,
  TelemetryFrame,
} from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type TransportCounters } from '../transport-counters.js';

/** Calls the message handler of a pattern; rejects when it fails, or when there is none. */
export type AskHandler = <T>(pattern: string, payload: unknown, context: TeltonikaContext) => Promise<T>;

const SKIP: FrameOutcome = { kind: 'skip' };

/**
 * Brings a frame to the handler it is for and says what the device is to be told. Once a frame, never once a record: a
 * dispatch through Nest costs about 7.5 microseconds.
 */
export class FrameDispatcher {
  constructor(
    private readonly ask: AskHandler,
    private readonly canHandle: (pattern: string) => boolean,
    private readonly counters: TransportCounters,
    private readonly logger: LoggerService,
  ) {}

  /** Rejects when the handler fails: nothing was decided, and the device must hear nothing. */
  async handle(next: Frame | FrameCrcError, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    if (next instanceof FrameCrcError) {
      return this.reject(next.frame, next, context, receivedAtMs, { crcIsRight: false });
    }
    this.counters.countFrame(next.codec);
    let taken: RecordsTaken;
    try {
      if (isMessageCodec(next.codec)) {
        return await this.message(next, context, receivedAtMs);
      }
      if (!isRecordCodec(next.codec)) {
        throw new ProtocolError('UNSUPPORTED_CODEC', `codec id 0x${next.codec.toString(16).padStart(2, '0')} is not known`, 0);
      }
      taken = await this.take(next, context, receivedAtMs);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return this.reject(next, error, context, receivedAtMs, { crcIsRight: true });
      }
      throw error;
    }
    return this.acknowledgeOnce(taken, next.codec);
  }

  /**
   * Of a sender who has not logged in, and without a CRC of the device (UDP). Records only: a message could settle a command, and anybody
   * can claim to be the device.
   */
  async handleUnchecked(frame: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    this.counters.countFrame(frame.codec);
    let taken: RecordsTaken;
    try {
      taken = await this.take(frame, context, receivedAtMs);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return this.reject(frame, error, context, receivedAtMs, { crcIsRight: false, listener: 'UDP' });
      }
      throw error;
    }
    return this.acknowledgeOnce(taken, frame.codec);
  }

  private take({ codec, bytes, data }: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<RecordsTaken> {
    const payload = new TelemetryFrame(codec, bytes, receivedAtMs, decodeRecords(data));
    return this.ask<RecordsTaken>(TELEMETRY_FRAME, payload, context);
  }

  private acknowledgeOnce({ durable }: RecordsTaken, codec: number): Promise<FrameOutcome> {
    return durable.then(
      (count) => {
        this.counters.countRecords(codec, count);
        return { kind: 'acknowledge', count };
      },
      (error: unknown) => {
        this.logger.error(error);
        throw error;
      },
    );
  }

  /**
   * Each message of the frame is handled on its own, in order. Never acknowledged: a device takes four bytes it did not expect for a broken
   * frame.
   */
  private async message({ data }: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    for (const message of decodeMessages(data)) {
      const payload: DeviceMessageFrame = { message, receivedAtMs };
      this.counters.messages++;
      if (this.canHandle(DEVICE_MESSAGE)) {
        await this.ask<unknown>(DEVICE_MESSAGE, payload, context);
      } else {
        this.counters.messagesUnhandled++;
      }
    }
    return SKIP;
  }

  private async reject(
    frame: Frame,
    error: ProtocolError,
    context: TeltonikaContext,
    receivedAtMs: number,
    { crcIsRight, ...listener }: Pick<RejectedFrame, 'crcIsRight'> & { readonly listener?: 'UDP' },
  ): Promise<FrameOutcome> {
    const { codec, count, bytes } = frame;
    this.counters.countRejected(error.code);
    this.logger.warn(
      `${context.imei} at ${context.remoteAddress}: frame of ${bytes.length} bytes rejected, ${error.code}: ${error.message}`,
      { imei: context.imei, connectionId: context.connectionId, remoteAddress: context.remoteAddress, ...listener },
    );
    const payload: RejectedFrame = { error, codec, count, bytes, receivedAtMs, crcIsRight };
    return { ...(await this.ask<FrameOutcome>(REJECTED_FRAME, payload, context)), isRejected: true };
  }
}
