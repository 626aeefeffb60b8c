import { type Socket } from 'node:net';
import { encodeAcknowledgement } from '../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../protocol/frame-splitter.js';
import { type BudgetWait } from './byte-budget.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type TracedConnection } from './device-trace.js';
import { type FrameOutcome } from './patterns.js';
import { untilDrained } from './socket-close.js';
import { type TeltonikaContext } from './teltonika.context.js';

const MS = 1_000;

/** The frames of one connection, from its bytes to the acknowledgements: the next is not looked at before the last was answered. */
export class FrameExchange {
  /** Records acknowledged. */
  records = 0;
  lastFrameAt: Date | null = null;
  private readonly splitter: FrameSplitter;
  private pingsCounted = 0;
  private budgetWait: BudgetWait | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly environment: ConnectionEnvironment,
  ) {
    this.splitter = new FrameSplitter(environment.options.maxFrameBytes);
  }

  /** Bytes of a frame that is not whole yet. */
  get bufferedBytes(): number {
    return this.splitter.bufferedBytes;
  }

  /** Throws ProtocolError. */
  push(bytes: Buffer): void {
    this.splitter.push(bytes);
  }

  /** Returns whether the peer keeps up with reading. */
  write(bytes: Buffer, peer: TracedConnection | null): boolean {
    this.environment.trace.see('out', peer, bytes);
    return this.socket.write(bytes);
  }

  /** Answers the next whole frame. Null when there is none. Throws ProtocolError, and whatever the handler throws. */
  async answerNext(context: TeltonikaContext | null): Promise<FrameOutcome['kind'] | null> {
    const next = this.next();
    if (!next) {
      return null;
    }
    if (!context) {
      throw new Error('A frame was handled before the login');
    }
    const { budget, counters, frames } = this.environment;
    const bytes = (next instanceof FrameCrcError ? next.frame : next).bytes.length;
    this.lastFrameAt = new Date();
    const wholeAt = performance.now();
    this.budgetWait = budget.take(bytes);
    if (this.budgetWait) {
      counters.backpressureWaits++;
      const taken = await this.budgetWait.taken;
      this.budgetWait = null;
      if (!taken) {
        return 'skip';
      }
    }
    try {
      const outcome = await frames.handle(next, context, this.lastFrameAt.getTime());
      if (outcome.kind === 'acknowledge' && !this.acknowledge(outcome.count, context, wholeAt)) {
        // A peer that sends without reading its acknowledgements is not read either.
        this.socket.pause();
        await untilDrained(this.socket);
      }
      return outcome.kind;
    } finally {
      budget.give(bytes);
    }
  }

  /**
   * The socket is gone. A frame that was not begun is not acknowledged, and the device sends it again by its next connection: staying in line
   * for a dead socket would let a long outage pile up one frame for every reconnect.
   */
  giveUp(): void {
    this.budgetWait?.giveUp();
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

  /** Returns whether the peer keeps up with reading. */
  private acknowledge(count: number, context: TeltonikaContext, wholeAt: number): boolean {
    this.records += count;
    if (this.socket.destroyed) {
      // Stored, and nobody there to tell: the device sends it again by its next connection, and is told then.
      return true;
    }
    this.environment.counters.countAcknowledgement((performance.now() - wholeAt) / MS);
    return this.write(encodeAcknowledgement(count), context);
  }
}
