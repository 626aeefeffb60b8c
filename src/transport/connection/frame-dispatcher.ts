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
  type PendingAcknowledgement,
  type RejectedFrame,
  TelemetryFrame,
} from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type TransportCounters } from '../transport-counters.js';

/** Calls the message handler of a pattern. Rejects when the handler fails, and when the pattern has no handler. */
export type HandlerCall = <T>(pattern: string, payload: unknown, context: TeltonikaContext) => Promise<T>;

const SKIP: FrameOutcome = { kind: 'skip' };

/**
 * Passes each frame to its message handler, and returns what to answer the device, or what will be settled when its records are durable. Handlers are called once per frame, not per record:
 * a call through Nest costs about 7.5 microseconds.
 */
export class FrameDispatcher {
  constructor(
    private readonly callHandler: HandlerCall,
    private readonly canHandle: (pattern: string) => boolean,
    private readonly counters: TransportCounters,
    private readonly logger: LoggerService,
  ) {}

  /** Rejects when the handler fails: then the device must not get an answer. */
  async handle(
    next: Frame | FrameCrcError,
    context: TeltonikaContext,
    receivedAtMs: number,
  ): Promise<FrameOutcome | PendingAcknowledgement> {
    if (next instanceof FrameCrcError) {
      return this.reject(next.frame, next, context, receivedAtMs, { crcIsRight: false });
    }
    this.counters.countFrame(next.codec);
    try {
      if (isMessageCodec(next.codec)) {
        return await this.sendMessages(next, context, receivedAtMs);
      }
      if (!isRecordCodec(next.codec)) {
        throw new ProtocolError(
          'UNSUPPORTED_CODEC',
          `codec id 0x${next.codec.toString(16).padStart(2, '0')} is not supported`,
          0,
        );
      }
      return await this.sendRecords(next, context, receivedAtMs);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return this.reject(next, error, context, receivedAtMs, { crcIsRight: true });
      }
      throw error;
    }
  }

  /**
   * Handles a frame that came by UDP: the sender has not logged in, and no CRC of the device vouches for the bytes. Only records are accepted,
   * because a forged message could complete a command.
   */
  async handleUnchecked(frame: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    this.counters.countFrame(frame.codec);
    let pending: PendingAcknowledgement;
    try {
      pending = await this.sendRecords(frame, context, receivedAtMs);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return this.reject(frame, error, context, receivedAtMs, { crcIsRight: false, listener: 'UDP' });
      }
      throw error;
    }
    return this.acknowledgeWhenDurable(pending, frame.codec);
  }

  private sendRecords(
    { codec, bytes, data }: Frame,
    context: TeltonikaContext,
    receivedAtMs: number,
  ): Promise<PendingAcknowledgement> {
    const payload = new TelemetryFrame(codec, bytes, receivedAtMs, decodeRecords(data));
    return this.callHandler<PendingAcknowledgement>(TELEMETRY_FRAME, payload, context);
  }

  private acknowledgeWhenDurable(pending: PendingAcknowledgement, codec: number): Promise<FrameOutcome> {
    return pending.durable().then(
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
  private async sendMessages({ data }: Frame, context: TeltonikaContext, receivedAtMs: number): Promise<FrameOutcome> {
    for (const message of decodeMessages(data)) {
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

  private async reject(
    frame: Frame,
    error: ProtocolError,
    context: TeltonikaContext,
    receivedAtMs: number,
    { crcIsRight, ...listener }: Pick<RejectedFrame, 'crcIsRight'> & { readonly listener?: 'UDP' },
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
