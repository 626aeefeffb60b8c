import { type Socket } from 'node:net';
import { encodeAcknowledgement } from '../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../protocol/frame-splitter.js';
import { type BudgetWait } from './byte-budget.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type FrameOutcome } from './patterns.js';
import { untilDrained } from './socket-close.js';
import { type TeltonikaContext } from './teltonika.context.js';

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

  /** Answers the next whole frame. Null when there is none. Throws ProtocolError, and whatever the handler throws. */
  async answerNext(context: TeltonikaContext): Promise<FrameOutcome['kind'] | null> {
    const next = this.next();
    if (!next) {
      return null;
    }
    const { budget, counters, frames } = this.environment;
    const bytes = (next instanceof FrameCrcError ? next.frame : next).bytes.length;
    this.lastFrameAt = new Date();
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
      return await this.tell(await frames.handle(next, context, this.lastFrameAt.getTime()));
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

  private async tell(outcome: FrameOutcome): Promise<FrameOutcome['kind']> {
    if (outcome.kind === 'acknowledge') {
      this.records += outcome.count;
      await this.acknowledge(outcome.count);
    }
    return outcome.kind;
  }

  private async acknowledge(count: number): Promise<void> {
    if (this.socket.destroyed) {
      // Stored, and nobody there to tell: the device sends it again by its next connection, and is told then.
      return;
    }
    this.environment.counters.acknowledgements++;
    if (!this.socket.write(encodeAcknowledgement(count))) {
      // A peer that sends without reading its acknowledgements is not read either.
      this.socket.pause();
      await untilDrained(this.socket);
    }
  }
}
