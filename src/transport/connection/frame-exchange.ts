import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isMessageCodec } from '../../protocol/codec-ids.js';
import { encodeAcknowledgement } from '../../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../../protocol/frame-splitter.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type TracedConnection } from '../device-trace.js';
import { FrameThrottle } from '../limits/rate-limiter.js';
import { type FrameOutcome } from '../patterns.js';
import { type QueueTicket } from '../limits/queue-ticket.js';
import { type TeltonikaContext } from '../teltonika.context.js';

const MS = 1_000;
/** Of a message or a frame that cannot be accepted, in frames of records: each is a transaction of its own, records share one. */
const COST_OF_A_ROW = 10;

/** The frames of one connection, from its bytes to the acknowledgements: the next is not looked at before the last was answered. */
export class FrameExchange {
  /** Records acknowledged. */
  records = 0;
  lastFrameAt: Date | null = null;
  /**
   * Bytes came since the last look for a frame. A paused socket that flows again gives what it held back chunk by chunk, without a turn of ours
   * in between: the second chunk comes after the look and before its answer. Fuzzing found frames lying there until the device sent again.
   */
  hasNews = false;
  private readonly splitter: FrameSplitter;
  private pingsCounted = 0;
  private readonly throttle: FrameThrottle;
  /** In the line for bytes. */
  private ticket: QueueTicket | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly environment: ConnectionEnvironment,
    private readonly device: TracedConnection,
  ) {
    this.splitter = new FrameSplitter(environment.options.maxFrameBytes);
    this.throttle = new FrameThrottle(environment.options.maxFramesPerSecond);
  }

  /** Bytes of a frame that is not whole yet. */
  get bufferedBytes(): number {
    return this.splitter.bufferedBytes;
  }

  /** Throws ProtocolError. */
  push(bytes: Buffer): void {
    this.splitter.push(bytes);
    this.hasNews = true;
  }

  /** Whether more waits to be written than may: the peer does not read. */
  get isStuck(): boolean {
    return this.socket.writableLength > this.environment.options.maxUnsentBytes;
  }

  write(bytes: Buffer): void {
    this.environment.trace.see('out', this.device, bytes);
    this.socket.write(bytes);
  }

  /** Answers the next whole frame. Null when there is none. Throws ProtocolError, and whatever the handler throws. */
  async answerNext(context: TeltonikaContext): Promise<FrameOutcome['kind'] | null> {
    const next = this.next();
    if (!next) {
      return null;
    }
    const { budget, frames } = this.environment;
    const { codec, bytes: frameBytes } = next instanceof FrameCrcError ? next.frame : next;
    const bytes = frameBytes.length;
    this.lastFrameAt = new Date();
    const tooSoonMs = this.throttle.take(performance.now(), isMessageCodec(codec) ? COST_OF_A_ROW : 1);
    if (tooSoonMs > 0 && !(await this.slowDown(tooSoonMs))) {
      return 'skip';
    }
    const wholeAt = performance.now();
    const ticket = budget.acquire(bytes);
    if (ticket && !(await this.waitFor(ticket))) {
      return 'skip';
    }
    try {
      const outcome = await frames.handle(next, context, this.lastFrameAt.getTime());
      if (outcome.isRejected) {
        this.throttle.charge(COST_OF_A_ROW - 1);
      }
      if (outcome.kind === 'acknowledge') {
        this.acknowledge(outcome.count, wholeAt);
      }
      return outcome.kind;
    } finally {
      budget.release(bytes);
    }
  }

  /**
   * The connection is being closed. A frame that was not begun is not acknowledged, and the device sends it again by its next connection:
   * staying in line for a dead socket would let a long outage pile up one frame for every reconnect.
   */
  giveUp(): void {
    this.ticket?.cancel();
  }

  /** Resolves with whether there is still somebody to store the frame for; so does waitFor. */
  private async slowDown(waitMs: number): Promise<boolean> {
    this.environment.counters.framesSlowedDown++;
    await delay(waitMs);
    return this.socket.writable;
  }

  private async waitFor(ticket: QueueTicket): Promise<boolean> {
    this.environment.counters.backpressureWaits++;
    this.ticket = ticket;
    const taken = await ticket.granted;
    this.ticket = null;
    return taken;
  }

  private next(): Frame | FrameCrcError | null {
    this.hasNews = false;
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

  private acknowledge(count: number, wholeAt: number): void {
    if (!this.socket.writable) {
      // Stored, and nobody there to tell: the device sends it again by its next connection, and is told then.
      return;
    }
    this.records += count;
    this.environment.counters.countAcknowledgement((performance.now() - wholeAt) / MS);
    this.write(encodeAcknowledgement(count));
  }
}
