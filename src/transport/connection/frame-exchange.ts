import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isMessageCodec } from '../../protocol/codec-ids.js';
import { encodeAcknowledgement } from '../../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../../protocol/frame-splitter.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type TracedConnection } from '../device-trace.js';
import { FrameThrottle } from '../limits/rate-limiter.js';
import { type AcknowledgementListener, type FrameOutcome } from '../patterns.js';
import { type QueueTicket } from '../limits/queue-ticket.js';
import { type TeltonikaContext } from '../teltonika.context.js';

const MS = 1_000;
/** A message or a rejected frame counts as this many frames of records: each has its own transaction, while records share one. */
const COST_OF_TRANSACTION = 10;

type Answer = FrameOutcome['kind'] | 'pending';

/** Receives the outcome of a frame whose records were passed on. */
export interface FrameListener {
  /** The records are durable, and were acknowledged if the socket is still writable. */
  frameStored(): void;
  frameFailed(error: unknown): void;
}

/**
 * Reads the frames of one connection and answers them one at a time. The next frame is read after the last one was answered.
 *
 * While the records of a frame wait for their commit, this object is what remembers the frame. With a promise, three suspended functions and
 * their frames per connection would survive several runs of the garbage collector.
 */
export class FrameExchange implements AcknowledgementListener {
  /** Number of acknowledged records. */
  records = 0;
  private lastFrameAtMs = 0;
  private readonly splitter: FrameSplitter;
  private pingsCounted = 0;
  private readonly throttle: FrameThrottle;
  /** While a frame waits for the byte budget. */
  private ticket: QueueTicket | null = null;
  /** Of the frame that is handled. */
  private codec = 0;
  private frameBytes = 0;
  private completeAt = 0;
  private listener: FrameListener | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly environment: ConnectionEnvironment,
    private readonly device: TracedConnection,
  ) {
    this.splitter = new FrameSplitter(environment.options.maxFrameBytes);
    this.throttle = new FrameThrottle(environment.options.maxFramesPerSecond);
  }

  /** Bytes of a frame that has not arrived completely. */
  get bufferedBytes(): number {
    return this.splitter.bufferedBytes;
  }

  get lastFrameAt(): Date | null {
    return this.lastFrameAtMs === 0 ? null : new Date(this.lastFrameAtMs);
  }

  push(bytes: Buffer): void {
    this.splitter.push(bytes);
  }

  /** Whether the device has stopped reading: its unsent bytes exceed `maxUnsentBytes`. */
  get isStuck(): boolean {
    return this.socket.writableLength > this.environment.options.maxUnsentBytes;
  }

  write(bytes: Buffer): void {
    this.environment.trace.record('out', this.device, bytes);
    this.socket.write(bytes);
  }

  /**
   * Handles the next complete frame and answers it. Returns null when there is none, and `pending` when its records wait for their commit: then the
   * listener is called, and no other frame is to be read before. Otherwise the promise resolves with the outcome, which may be `pending` too.
   * Throws and rejects with ProtocolError, and with errors of the handler.
   */
  answerNext(context: TeltonikaContext, listener: FrameListener): Promise<Answer> | 'pending' | null {
    const next = this.next();
    if (!next) {
      return null;
    }
    const { codec, bytes } = next instanceof FrameCrcError ? next.frame : next;
    this.lastFrameAtMs = Date.now();
    const nowMs = performance.now();
    this.codec = codec;
    this.frameBytes = bytes.length;
    this.completeAt = nowMs;
    this.listener = listener;
    const delayMs = this.throttle.take(nowMs, isMessageCodec(codec) ? COST_OF_TRANSACTION : 1);
    if (delayMs > 0) {
      return this.answerAfterDelay(delayMs, next, context);
    }
    const ticket = this.environment.budget.acquire(bytes.length);
    return ticket ? this.answerAfterQueue(ticket, next, context) : this.answer(next, context);
  }

  stored(count: number): void {
    this.environment.counters.countRecords(this.codec, count);
    this.acknowledge(count, this.completeAt);
    this.environment.budget.release(this.frameBytes);
    this.listener?.frameStored();
  }

  failed(error: unknown): void {
    this.environment.logger.error(error);
    this.environment.budget.release(this.frameBytes);
    this.listener?.frameFailed(error);
  }

  /**
   * The connection closes. A frame that waits for the byte budget leaves the queue, and the device sends it again on its next connection.
   * Otherwise a long outage would fill the queue with one frame for each reconnect.
   */
  cancelWaiting(): void {
    this.ticket?.cancel();
  }

  private async answerAfterDelay(delayMs: number, next: Frame | FrameCrcError, context: TeltonikaContext): Promise<Answer> {
    this.environment.counters.framesSlowedDown++;
    await delay(delayMs);
    if (!this.socket.writable) {
      return 'skip';
    }
    this.completeAt = performance.now();
    const ticket = this.environment.budget.acquire(this.frameBytes);
    return ticket ? this.answerAfterQueue(ticket, next, context) : this.answer(next, context);
  }

  private async answerAfterQueue(ticket: QueueTicket, next: Frame | FrameCrcError, context: TeltonikaContext): Promise<Answer> {
    this.environment.counters.backpressureWaits++;
    this.ticket = ticket;
    const isGranted = await ticket.granted;
    this.ticket = null;
    return isGranted ? this.answer(next, context) : 'skip';
  }

  /** The bytes of the frame were acquired. They are released with its outcome. */
  private answer(next: Frame | FrameCrcError, context: TeltonikaContext): Promise<Answer> | 'pending' {
    const { budget, frames } = this.environment;
    try {
      const outcome = frames.handle(next, context, this.lastFrameAtMs, this);
      return outcome === 'pending' ? outcome : this.finish(outcome);
    } catch (error) {
      budget.release(this.frameBytes);
      throw error;
    }
  }

  private async finish(handled: Promise<FrameOutcome>): Promise<Answer> {
    try {
      const outcome = await handled;
      if (outcome.isRejected) {
        this.throttle.charge(COST_OF_TRANSACTION - 1);
      }
      if (outcome.kind === 'acknowledge') {
        this.acknowledge(outcome.count, this.completeAt);
      }
      return outcome.kind;
    } finally {
      this.environment.budget.release(this.frameBytes);
    }
  }

  private next(): Frame | FrameCrcError | null {
    try {
      return this.splitter.next();
    } catch (error) {
      if (error instanceof FrameCrcError) {
        return error;
      }
      throw error;
    } finally {
      this.environment.counters.pings += this.splitter.pings - this.pingsCounted;
      this.pingsCounted = this.splitter.pings;
    }
  }

  private acknowledge(count: number, completeAt: number): void {
    if (!this.socket.writable) {
      // The records are stored, but the device is gone. It sends them again on its next connection, and is answered then.
      return;
    }
    this.records += count;
    this.environment.counters.countAcknowledgement((performance.now() - completeAt) / MS);
    this.write(encodeAcknowledgement(count));
  }
}
