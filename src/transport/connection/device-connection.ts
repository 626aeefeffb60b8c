import { randomUUID } from 'node:crypto';
import { type Socket } from 'node:net';
import { LOGIN_ACCEPTED, LOGIN_REFUSED } from '../../protocol/login.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type AcceptedSocket, type ConnectionSlot } from '../limits/connection-limiter.js';
import { type LiveConnection } from '../live-connection.js';
import { DEVICE_CONNECTED, type DeviceConnected, type LoginOutcome } from '../patterns.js';
import { type PeerAddress, peerOf } from '../peer-address.js';
import { TeltonikaContext } from '../teltonika.context.js';
import { type DisconnectReason } from '../transport-counters.js';
import { AwaitingLogin, AwaitingProxyHeader } from './awaiting-login.js';
import { Closed, closeGracefully, Closing, Ending, releaseSession } from './closing.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type ConnectionState, type StateMachine } from './connection-state.js';
import { DecidingLogin } from './deciding-login.js';
import { IdleTimeout } from './idle-timeout.js';
import { LoginLimits } from './login-limits.js';
import { OpenSession } from './open-session.js';
import { logProtocolError, type Peer } from './protocol-error-log.js';

/**
 * One TCP connection of a device, from accept to close. It is always in one state, which handles the events of the socket:
 *
 * - `AwaitingProxyHeader`, only behind a balancer: collects the header of the PROXY protocol. Then AwaitingLogin.
 * - `AwaitingLogin`: collects the IMEI. Then DecidingLogin.
 * - `DecidingLogin`: the login waits for its turn, then for the login handler. Accepted: OpenSession. Refused or superseded: Closing.
 * - `OpenSession`: frames are handled one at a time, and frames for the device are written between them.
 * - `Closing`: what was written is sent, and what arrives is dropped. From every state above, at the first reason to close.
 * - `Closed`: the socket is closed and the session is released.
 *
 * A stop of the gateway and a FIN of the device close the connection immediately, except in DecidingLogin and OpenSession: there the
 * login is decided first, and the frames that have arrived are acknowledged. A login that is accepted only in Closing or Closed
 * adds its session to that state, for release. Each transition is a method below; states are changed nowhere else.
 */
export class DeviceConnection implements LiveConnection, StateMachine {
  readonly id = randomUUID();
  readonly connectedAt = new Date();
  /** Of the balancer, until its header was read. */
  remoteAddress: string;
  remotePort: number;
  readonly idleTimeout: IdleTimeout;
  private readonly slot: ConnectionSlot;
  private state: ConnectionState;
  /** Resolves the promise of `drain`. */
  private onReleased: (() => void) | null = null;

  constructor(
    readonly socket: Socket,
    readonly environment: ConnectionEnvironment,
    private readonly onClosed: () => void,
    { source, slot, elapsedMs, expectsProxyHeader }: AcceptedSocket,
  ) {
    const { options } = environment;
    // Read now: a destroyed socket has no remote address any more.
    const { address, port } = source ?? peerOf(socket);
    this.remoteAddress = address;
    this.remotePort = port;
    this.slot = slot;
    const limits = new LoginLimits(options, elapsedMs, () => this.close('login-timeout'));
    this.state = expectsProxyHeader ? new AwaitingProxyHeader(this, limits) : new AwaitingLogin(this, limits);
    this.idleTimeout = new IdleTimeout(socket, options);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.state.peerEnded());
    socket.on('timeout', () => this.state.idleTimeoutExpired());
    // 'close' follows every 'error'. Without this listener a reset connection would end the process.
    socket.on('error', () => this.close('socket-error'));
    socket.on('close', () => this.socketClosed());
  }

  get imei(): string | null {
    return this.state.session?.imei ?? null;
  }

  get epoch(): number {
    return this.state.session?.epoch ?? 0;
  }

  get records(): number {
    return this.state instanceof OpenSession ? this.state.frames.records : 0;
  }

  get lastFrameAt(): Date | null {
    return this.state instanceof OpenSession ? this.state.frames.lastFrameAt : null;
  }

  get isSendable(): boolean {
    return this.state instanceof OpenSession && this.state.isSendable;
  }

  sendable(): Promise<boolean> {
    return this.state instanceof OpenSession ? this.state.sendable() : Promise.resolve(false);
  }

  send(frame: Buffer, withinMs: number, mayWrite?: () => boolean): Promise<boolean> {
    return this.state instanceof OpenSession ? this.state.send(frame, withinMs, mayWrite) : Promise.resolve(false);
  }

  end(reason: 'replaced' | 'fenced' | 'not-admitted'): void {
    this.close(reason);
  }

  /**
   * Acknowledges what has arrived, then closes. Resolves when the session is released. The socket is destroyed after `timeoutMs` at the
   * latest.
   */
  drain(timeoutMs: number): Promise<void> {
    if (this.state instanceof Closed) {
      return this.state.released;
    }
    return new Promise<void>((resolve) => {
      this.onReleased = resolve;
      const deadline = setTimeout(() => this.socket.destroy(), timeoutMs);
      this.socket.once('close', () => clearTimeout(deadline));
      this.state.drain();
    });
  }

  /** AwaitingProxyHeader -> AwaitingLogin. */
  proxyHeaderRead(limits: LoginLimits, source: PeerAddress | null, rest: Buffer): void {
    if (source) {
      this.remoteAddress = source.address;
      this.remotePort = source.port;
      if (!this.slot.assignAddress(source.address)) {
        this.close('too-many-connections');
        return;
      }
    }
    const awaitingLogin = new AwaitingLogin(this, limits);
    this.state = awaitingLogin;
    awaitingLogin.read(rest);
  }

  /** AwaitingLogin -> DecidingLogin. */
  loginRead(limits: LoginLimits, imei: string, rest: Buffer): void {
    limits.stopTimer();
    this.slot.markLoggedIn();
    const decidingLogin = new DecidingLogin(this, limits, this.contextOf(imei, 0));
    this.state = decidingLogin;
    void decidingLogin.decide({ imei, connectedAt: this.connectedAt, remotePort: this.remotePort });
    decidingLogin.frames.push(rest);
  }

  /** DecidingLogin -> OpenSession or Closing. */
  loginDecided(imei: string, outcome: LoginOutcome): void {
    const { state } = this;
    if (!(state instanceof DecidingLogin)) {
      this.loginDecidedTooLate(imei, outcome);
    } else if (outcome.kind === 'refuse') {
      this.refuseLogin();
    } else if (outcome.kind === 'superseded') {
      this.close('replaced');
    } else {
      this.open(state, this.contextOf(imei, outcome.epoch));
    }
  }

  fail(error: unknown): void {
    const { state } = this;
    if (state instanceof Ending) {
      return;
    }
    if (!(error instanceof ProtocolError)) {
      // The handler has logged its error. Without an acknowledgement the device sends the frame again.
      this.close('handler-error');
      return;
    }
    logProtocolError(this.environment, error, this.peer);
    if (state instanceof AwaitingLogin && state.looksLikeLogin) {
      this.refuseLogin();
    } else {
      this.close('protocol-error');
    }
  }

  close(reason: DisconnectReason): void {
    if (!(this.state instanceof Ending)) {
      this.startClosing(reason);
    }
  }

  private receive(chunk: Buffer): void {
    this.environment.counters.bytesReceived += chunk.length;
    const wasUnknown = this.state.device === null;
    try {
      this.state.receive(chunk);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (wasUnknown) {
      // The end of a login: only now it is known whose bytes they are.
      this.environment.trace.record('in', this.state.device, chunk);
    }
  }

  /** DecidingLogin -> OpenSession. */
  private open(decidingLogin: DecidingLogin, session: TeltonikaContext): void {
    const { counters, registry, emitEvent } = this.environment;
    const { frames, pendingClose } = decidingLogin;
    const { imei } = session;
    const open = new OpenSession(this, session, frames, pendingClose);
    this.state = open;
    counters.loginsAccepted++;
    // The new connection is registered before the old one is closed: the device is never missing from the registry.
    const loser = registry.register(imei, this);
    loser?.end('replaced');
    if (loser === this) {
      return;
    }
    frames.write(Buffer.of(LOGIN_ACCEPTED));
    emitEvent(DEVICE_CONNECTED, { imei, connectionId: this.id } satisfies DeviceConnected, session);
    open.answerFrames();
  }

  /** AwaitingLogin or DecidingLogin -> Closing. */
  private refuseLogin(): void {
    const answer = Buffer.of(LOGIN_REFUSED);
    this.environment.counters.loginsRefused++;
    this.environment.trace.record('out', this.state.device, answer);
    this.socket.write(answer);
    this.close('login-refused');
  }

  /** Any state before -> Closing. */
  private startClosing(reason: DisconnectReason): Closing {
    const before = this.state;
    const { session } = before;
    const closing = new Closing(reason, session);
    this.state = closing;
    before.leave();
    if (session) {
      // Now, not when the socket is closed: the registry must not return a connection that accepts no frames any more.
      this.environment.registry.unregister(session.imei, this);
    }
    this.environment.counters.countDisconnect(reason, this.remoteAddress);
    this.slot.markClosing();
    closeGracefully(this.socket);
    return closing;
  }

  /** Any state before -> Closing -> Closed. */
  private socketClosed(): void {
    const { state } = this;
    const { reason, session } =
      state instanceof Ending ? state : this.startClosing(this.slot.evicted ? 'too-many-connections' : 'peer');
    this.slot.release();
    this.state = new Closed(reason, session, this.release(reason, session));
  }

  /** Closing -> Closing, or Closed -> Closed: the session of a device that has not waited for the answer to its login is released. */
  private loginDecidedTooLate(imei: string, outcome: LoginOutcome): void {
    const { state } = this;
    if (outcome.kind !== 'accept' || !(state instanceof Ending)) {
      return;
    }
    const { reason } = state;
    const session = this.contextOf(imei, outcome.epoch);
    this.environment.counters.loginsAccepted++;
    this.state =
      state instanceof Closed ? new Closed(reason, session, this.release(reason, session)) : new Closing(reason, session);
  }

  private async release(reason: DisconnectReason, session: TeltonikaContext | null): Promise<void> {
    if (session) {
      await releaseSession(this.environment, session, reason);
    }
    this.onClosed();
    this.onReleased?.();
  }

  private contextOf(imei: string, epoch: number): TeltonikaContext {
    return new TeltonikaContext([imei, this.id, this.remoteAddress, epoch]);
  }

  private get peer(): Peer {
    const { id: connectionId, remoteAddress, state } = this;
    return state.device ? { imei: state.device.imei, connectionId, remoteAddress } : { connectionId, remoteAddress };
  }
}
