import { randomUUID } from 'node:crypto';
import { type Socket } from 'node:net';
import { encodeAcknowledgement } from '../protocol/frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from '../protocol/frame-splitter.js';
import { LOGIN_ACCEPTED, LOGIN_REFUSED } from '../protocol/login.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { type BudgetWait } from './byte-budget.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type LiveConnection } from './live-connection.js';
import { LoginReader } from './login-reader.js';
import { OutgoingFrames } from './outgoing-frames.js';
import { DEVICE_CONNECTED, DEVICE_LOGIN, type DeviceConnected, type DeviceLogin, type FrameOutcome } from './patterns.js';
import { closeGracefully, untilDrained } from './socket-close.js';
import { TeltonikaContext } from './teltonika.context.js';
import { type DisconnectReason } from './transport-counters.js';

/** A device that has stored records sends them at once after its login; commands wait that long for the first of them. */
const FIRST_FRAME_GRACE_MS = 500;

/**
 * One device's socket, from accept to close.
 *
 * States: *login* (collecting the IMEI, under a timeout) -> *open* (frames one at a time: the next is not looked at before
 * the last was answered) -> *closing* (nothing is read any more; what was answered is flushed) -> closed.
 * While a frame is being handled the socket is paused as soon as more arrives, so a device can make us hold one
 * read's worth of bytes, not more.
 */
export class DeviceConnection implements LiveConnection {
  readonly id = randomUUID();
  readonly connectedAt = new Date();
  readonly remoteAddress: string;
  readonly remotePort: number;
  records = 0;
  lastFrameAt: Date | null = null;

  private context: TeltonikaContext | null = null;
  private login: LoginReader | null = new LoginReader();
  private loginTimer: NodeJS.Timeout | null;
  private readonly splitter: FrameSplitter;
  private busy = false;
  private closing = false;
  private peerEnded = false;
  private drained: (() => void) | null = null;
  private pingsCounted = 0;
  private budgetWait: BudgetWait | null = null;
  /** Made when the first frame is to be sent: most connections never need it. */
  private outgoing: OutgoingFrames | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly environment: ConnectionEnvironment,
    private readonly onClosed: () => void,
  ) {
    const { options } = environment;
    // Kept now: a destroyed socket no longer knows its peer.
    this.remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.remotePort = socket.remotePort ?? 0;
    this.splitter = new FrameSplitter(options.maxFrameBytes);
    this.loginTimer = setTimeout(() => this.close('login-timeout'), options.loginTimeoutMs);
    socket.setTimeout(options.idleTimeoutMs);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.peerEnd());
    socket.on('timeout', () => this.idle());
    // 'close' follows every 'error'; without this listener a reset connection would end the process.
    socket.on('error', () => this.close('socket-error'));
    socket.on('close', () => this.closed());
  }

  get imei(): string | null {
    return this.context?.imei ?? null;
  }

  /** Answers what was already read, acknowledges it, then closes. Resolves when the socket is gone, after `timeoutMs` at the latest. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.socket.destroyed) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.drained = resolve;
      const deadline = setTimeout(() => this.socket.destroy(), timeoutMs);
      this.socket.once('close', () => clearTimeout(deadline));
      if (!this.busy) {
        this.close('shutdown');
      }
    });
  }

  replace(): void {
    this.close('replaced');
  }

  sendable(): Promise<boolean> {
    const sendable = this.queue().sendable();
    this.flushOutgoing();
    return sendable;
  }

  send(frame: Buffer, withinMs: number): Promise<boolean> {
    const written = this.queue().add(frame, withinMs);
    this.flushOutgoing();
    return written;
  }

  private queue(): OutgoingFrames {
    if (!this.outgoing) {
      this.outgoing = new OutgoingFrames(this.firstFrameGraceMs, () => this.flushOutgoing());
      if (this.closing || !this.context) {
        this.outgoing.close();
      }
    }
    return this.outgoing;
  }

  private receive(chunk: Buffer): void {
    this.environment.counters.bytesReceived += chunk.length;
    if (this.closing) {
      return;
    }
    let rest: Buffer | null = chunk;
    try {
      if (this.login) {
        rest = this.readLogin(this.login, chunk);
      }
      if (rest && rest.length > 0) {
        this.splitter.push(rest);
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.busy) {
      this.socket.pause();
    } else if (!this.login) {
      void this.readFrames();
    }
  }

  /** Returns the bytes behind the login, or null while it is not whole. */
  private readLogin(reader: LoginReader, chunk: Buffer): Buffer | null {
    const login = reader.read(chunk);
    if (!login) {
      return null;
    }
    this.login = null;
    this.clearLoginTimer();
    this.busy = true;
    void this.admit(login.imei);
    return login.rest;
  }

  private async admit(imei: string): Promise<void> {
    const context = new TeltonikaContext([imei, this.id, this.remoteAddress]);
    try {
      const accepted = await this.environment.ask<boolean>(DEVICE_LOGIN, { imei } satisfies DeviceLogin, context);
      if (this.closing) {
        return;
      }
      if (!accepted) {
        this.refuseLogin();
        return;
      }
      this.context = context;
      this.environment.counters.loginsAccepted++;
      // Registered first, the old one closed second: at no time is the device nowhere.
      this.environment.registry.register(imei, this)?.replace();
      this.socket.write(Buffer.of(LOGIN_ACCEPTED));
      this.environment.announce(DEVICE_CONNECTED, { imei, connectionId: this.id } satisfies DeviceConnected, context);
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      this.busy = false;
    }
    await this.readFrames();
  }

  private refuseLogin(): void {
    this.environment.counters.loginsRefused++;
    this.socket.write(Buffer.of(LOGIN_REFUSED));
    this.close('login-refused');
  }

  /** Handles what has been read, one frame after the other, then lets the socket flow again. */
  private async readFrames(): Promise<void> {
    this.busy = true;
    try {
      for (let frame = this.nextFrame(); frame && !this.closing; frame = this.nextFrame()) {
        await this.answer(frame);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
    this.flushOutgoing();
    if (this.drained) {
      this.close('shutdown');
    } else if (this.peerEnded) {
      this.close('peer');
    } else if (this.socket.isPaused()) {
      this.socket.resume();
    }
  }

  private nextFrame(): Frame | FrameCrcError | null {
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

  private async answer(next: Frame | FrameCrcError): Promise<void> {
    const { budget, counters, frames } = this.environment;
    const bytes = (next instanceof FrameCrcError ? next.frame : next).bytes.length;
    this.lastFrameAt = new Date();
    this.budgetWait = budget.take(bytes);
    if (this.budgetWait) {
      counters.backpressureWaits++;
      const taken = await this.budgetWait.taken;
      this.budgetWait = null;
      if (!taken) {
        return;
      }
    }
    try {
      await this.tell(await frames.handle(next, this.openContext, this.lastFrameAt.getTime()));
    } finally {
      budget.give(bytes);
    }
  }

  private async tell(outcome: FrameOutcome): Promise<void> {
    switch (outcome.kind) {
      case 'acknowledge':
        this.records += outcome.count;
        return this.acknowledge(outcome.count);
      case 'skip':
        return;
      case 'close':
        return this.close('protocol-error');
    }
  }

  private get firstFrameGraceMs(): number {
    return this.lastFrameAt ? 0 : Math.max(0, this.connectedAt.getTime() + FIRST_FRAME_GRACE_MS - Date.now());
  }

  /** Not while a frame is being handled, nor while half of one has come: then there is no acknowledgement behind us yet. */
  private flushOutgoing(): void {
    if (!this.busy && !this.closing && this.splitter.bufferedBytes === 0) {
      this.outgoing?.flush((frame) => this.socket.write(frame));
    }
  }

  private async acknowledge(count: number): Promise<void> {
    if (this.socket.destroyed) {
      // Stored, and nobody there to tell: the device sends it again by its next connection, and is told then.
      return;
    }
    this.environment.counters.acknowledgements++;
    this.outgoing?.endGrace();
    if (!this.socket.write(encodeAcknowledgement(count))) {
      // A peer that sends without reading its acknowledgements is not read either.
      this.socket.pause();
      await untilDrained(this.socket);
    }
  }

  private get openContext(): TeltonikaContext {
    if (!this.context) {
      throw new Error('A frame was handled before the login');
    }
    return this.context;
  }

  private peerEnd(): void {
    this.peerEnded = true;
    if (!this.busy) {
      this.close('peer');
    }
  }

  private idle(): void {
    if (this.busy) {
      // It waits for us (a database outage, say), not we for it.
      this.socket.setTimeout(this.environment.options.idleTimeoutMs);
      return;
    }
    this.close('idle');
  }

  private fail(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.environment.counters.countRejected(error.code);
      this.environment.logger.warn(`${this.imei ?? 'before login'} at ${this.remoteAddress}: ${error.code}: ${error.message}`);
      if (this.login?.isLoginAttempt) {
        this.refuseLogin();
      } else {
        this.close('protocol-error');
      }
      return;
    }
    // The handler has logged its reason; no acknowledgement is the message to the device, which will send again.
    this.close('handler-error');
  }

  /** Says goodbye once: flushes what was written, gives the peer a moment to read it, then lets go of the socket. */
  private close(reason: DisconnectReason): void {
    if (this.closing) {
      return;
    }
    this.closing = true;
    this.outgoing?.close();
    if (this.context) {
      // Now, not when the socket is gone: nobody should find a connection that takes nothing any more.
      this.environment.registry.unregister(this.context.imei, this);
    }
    this.environment.counters.countDisconnect(reason);
    this.clearLoginTimer();
    if (reason === 'socket-error' || this.socket.destroyed) {
      this.socket.destroy();
      return;
    }
    closeGracefully(this.socket);
  }

  private closed(): void {
    this.close('peer');
    // Its frame was not begun, so it is not acknowledged: the device sends it again by its next connection. Staying in
    // line for a dead socket would let a long outage pile up one frame for every reconnect.
    this.budgetWait?.giveUp();
    this.onClosed();
    this.drained?.();
  }

  private clearLoginTimer(): void {
    if (this.loginTimer) {
      clearTimeout(this.loginTimer);
      this.loginTimer = null;
    }
  }
}
