import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isMessageCodec } from '../../protocol/codec-ids.js';
import { encodeAcknowledgement } from '../../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../../protocol/frame-splitter.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type TracedConnection } from '../device-trace.js';
import { FrameThrottle } from '../limits/rate-limiter.js';
import { type AcknowledgementListener, type FrameOutcome, PendingAcknowledgement } from '../patterns.js';
import { type QueueTicket } from '../limits/queue-ticket.js';
import { type TeltonikaContext } from '../teltonika.context.js';

const MS = 1_000;
/** A message or a rejected frame counts as this many frames of records: each has its own transaction, while records share one. */
const COST_OF_TRANSACTION = 10;

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
  /**
   * Whether bytes have arrived since `answerNext` last read. A resumed socket delivers the chunks that it had buffered in one turn of the event
   * loop: the second chunk arrives after the read and before its promise resolves. Without this flag its frames stay unanswered until
   * the device sends again, as fuzzing has shown.
   */
  hasUnreadBytes = false;
  private readonly splitter: FrameSplitter;
  private pingsCounted = 0;
  private readonly throttle: FrameThrottle;
  /** While a frame waits for the byte budget. */
  private ticket: QueueTicket | null = null;
  /** Of the frame whose records wait for their commit. */
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
    this.hasUnreadBytes = true;
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
   * Handles the next complete frame and answers it. Resolves with null when there is none, and with `pending` when its records wait for their
   * commit: then the listener is called, and no other frame is to be read before. Rejects with ProtocolError, and with errors of the handler.
   */
  async answerNext(context: TeltonikaContext, listener: FrameListener): Promise<FrameOutcome['kind'] | 'pending' | null> {
    const next = this.next();
    if (!next) {
      return null;
    }
    const { budget, frames } = this.environment;
    const { codec, bytes: frameBytes } = next instanceof FrameCrcError ? next.frame : next;
    const bytes = frameBytes.length;
    this.lastFrameAtMs = Date.now();
    const delayMs = this.throttle.take(performance.now(), isMessageCodec(codec) ? COST_OF_TRANSACTION : 1);
    if (delayMs > 0 && !(await this.delayFrame(delayMs))) {
      return 'skip';
    }
    const completeAt = performance.now();
    const ticket = budget.acquire(bytes);
    if (ticket && !(await this.waitFor(ticket))) {
      return 'skip';
    }
    let isPending = false;
    try {
      const outcome = await frames.handle(next, context, this.lastFrameAtMs);
      if (outcome instanceof PendingAcknowledgement) {
        isPending = true;
        this.codec = codec;
        this.frameBytes = bytes;
        this.completeAt = completeAt;
        this.listener = listener;
        outcome.notify(this);
        return 'pending';
      }
      if (outcome.isRejected) {
        this.throttle.charge(COST_OF_TRANSACTION - 1);
      }
      if (outcome.kind === 'acknowledge') {
        this.acknowledge(outcome.count, completeAt);
      }
      return outcome.kind;
    } finally {
      if (!isPending) {
        budget.release(bytes);
      }
    }
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

  /** Resolves with false when the connection closed meanwhile, and so does waitFor. */
  private async delayFrame(delayMs: number): Promise<boolean> {
    this.environment.counters.framesSlowedDown++;
    await delay(delayMs);
    return this.socket.writable;
  }

  private async waitFor(ticket: QueueTicket): Promise<boolean> {
    this.environment.counters.backpressureWaits++;
    this.ticket = ticket;
    const isGranted = await ticket.granted;
    this.ticket = null;
    return isGranted;
  }

  private next(): Frame | FrameCrcError | null {
    this.hasUnreadBytes = false;
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
