import { randomUUID } from 'node:crypto';
import { type Socket } from 'node:net';
import { LOGIN_ACCEPTED, LOGIN_REFUSED } from '../../protocol/login.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type AcceptedSocket } from './accepted-socket.js';
import { logProtocolError } from './protocol-error-log.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type TracedConnection } from '../device-trace.js';
import { type ConnectionSlot } from '../limits/connection-limiter.js';
import { FrameExchange } from './frame-exchange.js';
import { type LiveConnection } from '../live-connection.js';
import { giveSessionBack } from './session-end.js';
import { LoginPhase } from './login-phase.js';
import { LoginRequest } from './login-request.js';
import { OutgoingFrames } from './outgoing-frames.js';
import { DEVICE_CONNECTED, type DeviceConnected, type FrameOutcome, type LoginOutcome } from '../patterns.js';
import { type ProxySource } from '../proxy-protocol/proxy-source.js';
import { peerOf } from './peer.js';
import { IdleTimeout } from './idle-timeout.js';
import { closeGracefully } from './socket-close.js';
import { TeltonikaContext } from '../teltonika.context.js';
import { type DisconnectReason } from '../transport-counters.js';

/** A device that has stored records sends them as soon as its login is answered; commands wait that long for the first of them. */
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
  remoteAddress: string;
  remotePort: number;
  private context: TeltonikaContext | null = null;
  /** Until it is decided about the login. */
  private login: LoginPhase | null;
  /** As long as it is asked whether the device may talk. */
  private request: LoginRequest | null = null;
  /** From the login on, also while it is not decided about. */
  private peer: TracedConnection | null = null;
  private readonly slot: ConnectionSlot;
  private readonly frames: FrameExchange;
  private busy = false;
  private closing: DisconnectReason | null = null;
  private peerEnded = false;
  /** From the close of the socket on: fulfilled when the session is given back. */
  private left: Promise<void> | null = null;
  private readonly idleTimeout: IdleTimeout;
  private drained: (() => void) | null = null;
  private openedAt = 0;
  /** Made when the first frame is to be sent: most connections never need it. */
  private outgoing: OutgoingFrames | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly environment: ConnectionEnvironment,
    private readonly onClosed: () => void,
    accepted: AcceptedSocket,
  ) {
    const { options } = environment;
    // Kept now: a destroyed socket no longer knows its peer.
    const { address, port } = accepted.source ?? peerOf(socket);
    this.remoteAddress = address;
    this.remotePort = port;
    this.slot = accepted.slot;
    this.frames = new FrameExchange(socket, environment);
    const onTimeout = (): void => this.close('login-timeout');
    this.login = new LoginPhase(options, accepted, onTimeout, (source) => this.comesFrom(source));
    this.idleTimeout = new IdleTimeout(socket, options);
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

  get epoch(): number {
    return this.context?.epoch ?? 0;
  }

  get records(): number {
    return this.frames.records;
  }

  get lastFrameAt(): Date | null {
    return this.frames.lastFrameAt;
  }

  /**
   * Answers what was already read, acknowledges it, then closes; a login that waits for its turn is not waited for. Resolves when the session
   * is given back. The socket is gone after `timeoutMs` at the latest.
   */
  drain(timeoutMs: number): Promise<void> {
    if (this.left) {
      return this.left;
    }
    return new Promise<void>((resolve) => {
      this.drained = resolve;
      const deadline = setTimeout(() => this.socket.destroy(), timeoutMs);
      this.socket.once('close', () => clearTimeout(deadline));
      if (!this.busy || this.request?.isInLine) {
        this.close('shutdown');
      }
    });
  }

  end(reason: 'replaced' | 'fenced' | 'not-admitted'): void {
    this.close(reason);
  }

  sendable(): Promise<boolean> {
    return this.queue((outgoing) => outgoing.sendable());
  }

  send(frame: Buffer, withinMs: number): Promise<boolean> {
    return this.queue((outgoing) => outgoing.add(frame, withinMs));
  }

  private queue(enter: (outgoing: OutgoingFrames) => Promise<boolean>): Promise<boolean> {
    if (this.closing || !this.context) {
      return Promise.resolve(false);
    }
    const graceMs = this.lastFrameAt ? 0 : Math.max(0, this.openedAt + FIRST_FRAME_GRACE_MS - performance.now());
    this.outgoing ??= new OutgoingFrames(graceMs, () => this.flushOutgoing());
    const written = enter(this.outgoing);
    this.flushOutgoing();
    return written;
  }

  private comesFrom({ address, port }: ProxySource): void {
    [this.remoteAddress, this.remotePort] = [address, port];
    if (!this.slot.assignAddress(address)) {
      this.close('too-many-connections');
    }
  }

  private receive(chunk: Buffer): void {
    this.environment.counters.bytesReceived += chunk.length;
    if (this.closing) {
      return;
    }
    try {
      const rest = this.login ? this.readLogin(this.login, chunk) : chunk;
      // Behind the login: only now it is known whose bytes they are.
      this.environment.trace.see('in', this.peer, chunk);
      if (rest && rest.length > 0) {
        this.frames.push(rest);
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    // A login that waits is read on: few bytes are allowed behind it, and a paused socket would hold more of them.
    if (this.busy && !this.login) {
      this.socket.pause();
    } else if (!this.login) {
      void this.readFrames();
    }
  }

  /** Returns the bytes behind the login, or null while it is not whole. */
  private readLogin(phase: LoginPhase, chunk: Buffer): Buffer | null {
    const rest = phase.read(chunk);
    const { imei } = phase;
    if (imei === null || this.closing || this.peer) {
      return rest;
    }
    this.slot.markLoggedIn();
    this.peer = { imei, connectionId: this.id, remoteAddress: this.remoteAddress };
    void this.admit(imei);
    return rest;
  }

  private async admit(imei: string): Promise<void> {
    this.busy = true;
    try {
      const { connectedAt, remotePort } = this;
      this.request = new LoginRequest(this.environment);
      const context = new TeltonikaContext([imei, this.id, this.remoteAddress, 0]);
      const outcome = await this.request.ask({ imei, connectedAt, remotePort }, context);
      if (!outcome || !this.settleLogin(imei, outcome)) {
        return;
      }
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      this.busy = false;
    }
    await this.readFrames();
  }

  /** Returns whether the device may talk now. */
  private settleLogin(imei: string, outcome: LoginOutcome): boolean {
    this.login = null;
    this.request = null;
    if (this.closing && outcome.kind !== 'accept') {
      return false;
    }
    switch (outcome.kind) {
      case 'refuse':
        this.refuseLogin();
        return false;
      case 'superseded':
        this.close('replaced');
        return false;
      case 'accept':
        return this.open(imei, new TeltonikaContext([imei, this.id, this.remoteAddress, outcome.epoch]));
    }
  }

  private open(imei: string, context: TeltonikaContext): boolean {
    this.context = context;
    this.openedAt = performance.now();
    this.environment.counters.loginsAccepted++;
    if (this.closing) {
      // The device did not wait for the answer; the session it got is given back.
      if (this.left) {
        this.left = this.leave();
      }
      return false;
    }
    // Registered first, the old one closed second: at no time is the device nowhere.
    const loser = this.environment.registry.register(imei, this);
    loser?.end('replaced');
    if (loser === this) {
      return false;
    }
    this.frames.write(Buffer.of(LOGIN_ACCEPTED), this.peer);
    this.environment.announce(DEVICE_CONNECTED, { imei, connectionId: this.id } satisfies DeviceConnected, context);
    return true;
  }

  private refuseLogin(): void {
    this.environment.counters.loginsRefused++;
    this.frames.write(Buffer.of(LOGIN_REFUSED), this.peer);
    this.close('login-refused');
  }

  /** Handles what has been read, one frame after the other, then lets the socket flow again. */
  private async readFrames(): Promise<void> {
    this.busy = true;
    try {
      while (!this.closing && (this.noteOutcome(await this.frames.answerNext(this.context)) || this.frames.hasNews)) {
        // As long as there is a whole frame, or bytes that came while we were told that there is none.
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
    this.idleTimeout.update(this.frames.bufferedBytes);
    this.flushOutgoing();
    if (this.drained) {
      this.close('shutdown');
    } else if (this.peerEnded) {
      this.close('peer');
    } else if (this.socket.isPaused()) {
      this.socket.resume();
    }
  }

  /** Returns whether there was a frame. */
  private noteOutcome(outcome: FrameOutcome['kind'] | null): boolean {
    if (outcome === 'acknowledge') {
      this.outgoing?.endGrace();
    } else if (outcome === 'close') {
      this.close('protocol-error');
    }
    this.closeIfStuck();
    return outcome !== null;
  }

  /**
   * Not while a frame is being handled, nor while half of one has come: then there is no acknowledgement behind us yet. Nor to a socket that takes
   * nothing: a frame that is written counts as sent.
   */
  private flushOutgoing(): void {
    if (!this.busy && this.socket.writable && this.frames.bufferedBytes === 0) {
      this.outgoing?.flush((frame) => this.frames.write(frame, this.peer));
      this.closeIfStuck();
    }
  }

  /** What was written was written: who does not read it for so long is not there, or means no good. */
  private closeIfStuck(): void {
    if (this.frames.isStuck) {
      this.close('not-reading');
    }
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
      this.idleTimeout.restart();
      return;
    }
    this.close(this.idleTimeout.reason);
  }

  private fail(error: unknown): void {
    if (error instanceof ProtocolError && !this.closing) {
      logProtocolError(this.environment, error, this.peer ?? { connectionId: this.id, remoteAddress: this.remoteAddress });
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
    this.closing = reason;
    this.outgoing?.close();
    if (this.context) {
      // Now, not when the socket is gone: nobody should find a connection that takes nothing any more.
      this.environment.registry.unregister(this.context.imei, this);
    }
    this.environment.counters.countDisconnect(reason);
    this.login?.end();
    this.request?.giveUp();
    this.frames.giveUp();
    this.slot.markClosing();
    closeGracefully(this.socket);
  }

  private closed(): void {
    this.close(this.slot.evicted ? 'too-many-connections' : 'peer');
    this.slot.release();
    this.left = this.leave();
  }

  /** The socket is gone: so is the session, and only then is this connection over. */
  private async leave(): Promise<void> {
    const { context, closing: reason } = this;
    if (context && reason) {
      await giveSessionBack(this.environment, context, reason);
    }
    this.onClosed();
    this.drained?.();
  }
}
