import { type LoggerService } from '@nestjs/common';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { isMessageCodec, isRecordCodec } from '../../protocol/codec-ids.js';
import { FrameCrcError, type Frame } from '../../protocol/frame-splitter.js';
import { decodeMessages, type DeviceMessage } from '../../protocol/message.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import {
  type AcknowledgementListener,
  DEVICE_MESSAGE,
  REJECTED_FRAME,
  type DeviceMessageFrame,
  type FrameOutcome,
  type HandlerCall,
  type RejectedFrame,
  TelemetryFrame,
} from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type TransportCounters } from '../transport-counters.js';
import { GatheredFrames } from './gathered-frames.js';

type RejectionOrigin = Pick<RejectedFrame, 'crcIsRight'> & { readonly listener?: 'UDP' };

const SKIP: FrameOutcome = { kind: 'skip' };

/** Passes each frame to its message handler, and returns what to answer the device, or notifies a listener when its records are durable. */
export class FrameDispatcher {
  private readonly gathered: GatheredFrames;

  constructor(
    private readonly callHandler: HandlerCall,
    private readonly canHandle: (pattern: string) => boolean,
    private readonly counters: TransportCounters,
    private readonly logger: LoggerService,
  ) {
    this.gathered = new GatheredFrames(callHandler);
  }

  /**
   * Returns `pending` for records: the listener is called when they are stored. Everything else has its outcome by a promise, which rejects when the
   * handler fails: then the device must not get an answer. Records have no promise, because nearly every frame has records.
   */
  handle(
    next: Frame | FrameCrcError,
    context: TeltonikaContext,
    receivedAtMs: number,
    listener: AcknowledgementListener,
  ): Promise<FrameOutcome> | 'pending' {
    if (next instanceof FrameCrcError) {
      return this.reject(next.frame, next, context, receivedAtMs, { crcIsRight: false });
    }
    this.counters.countFrame(next.codec);
    if (isMessageCodec(next.codec)) {
      return this.sendMessages(next, context, receivedAtMs);
    }
    try {
      requireRecordCodec(next.codec);
      this.gathered.add(new TelemetryFrame(next.codec, next.bytes, receivedAtMs, decodeRecords(next.data), context, listener));
      return 'pending';
    } catch (error) {
      return this.rejectInvalid(next, error, context, receivedAtMs, { crcIsRight: true });
    }
  }

  /**
   * Handles a frame that came by UDP: the sender has not logged in, and no CRC of the device vouches for the bytes. Only records are accepted,
   * because a forged message could complete a command.
   */
  async handleUnchecked(
    { codec, bytes, data, ...frame }: Frame,
    context: TeltonikaContext,
    receivedAtMs: number,
  ): Promise<FrameOutcome> {
    this.counters.countFrame(codec);
    let records: AvlRecord[];
    try {
      records = decodeRecords(data);
    } catch (error) {
      return this.rejectInvalid({ codec, bytes, data, ...frame }, error, context, receivedAtMs, {
        crcIsRight: false,
        listener: 'UDP',
      });
    }
    const stored = new Promise<number>((stored, failed) =>
      this.gathered.add(new TelemetryFrame(codec, bytes, receivedAtMs, records, context, { stored, failed })),
    );
    return stored.then(
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
   * Calls the handler for each message of the frame, in order. Messages are never acknowledged: a device treats four unexpected bytes as a
   * broken frame.
   */
  private async sendMessages(frame: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    let messages: readonly DeviceMessage[];
    try {
      messages = decodeMessages(frame.data);
    } catch (error) {
      return this.rejectInvalid(frame, error, context, receivedAtMs, { crcIsRight: true });
    }
    for (const message of messages) {
      const payload: DeviceMessageFrame = { message, receivedAtMs };
      this.counters.messages++;
      if (this.canHandle(DEVICE_MESSAGE)) {
        await this.callHandler<unknown>(DEVICE_MESSAGE, payload, context);
      } else {
        this.counters.messagesUnhandled++;
      }
    }
    return SKIP;
  }

  /** Throws what is not a ProtocolError: then the frame is not to blame. */
  private rejectInvalid(
    frame: Frame,
    error: unknown,
    context: TeltonikaContext,
    receivedAtMs: number,
    origin: RejectionOrigin,
  ): Promise<FrameOutcome> {
    if (error instanceof ProtocolError) {
      return this.reject(frame, error, context, receivedAtMs, origin);
    }
    throw error;
  }

  private async reject(
    frame: Frame,
    error: ProtocolError,
    context: TeltonikaContext,
    receivedAtMs: number,
    { crcIsRight, ...listener }: RejectionOrigin,
  ): Promise<FrameOutcome> {
    const { codec, count, bytes } = frame;
    this.counters.countRejected(error.code);
    this.counters.failedAttempts.noteError(error, context);
    this.logger.warn(
      `${context.imei} at ${context.remoteAddress}: frame of ${bytes.length} bytes rejected, ${error.code}: ${error.message}`,
      { imei: context.imei, connectionId: context.connectionId, remoteAddress: context.remoteAddress, ...listener },
    );
    const payload: RejectedFrame = { error, codec, count, bytes, receivedAtMs, crcIsRight };
    return { ...(await this.callHandler<FrameOutcome>(REJECTED_FRAME, payload, context)), isRejected: true };
  }
}

function requireRecordCodec(codec: number): void {
  if (!isRecordCodec(codec)) {
    throw new ProtocolError('UNSUPPORTED_CODEC', `codec id 0x${codec.toString(16).padStart(2, '0')} is not supported`, 0);
  }
}
