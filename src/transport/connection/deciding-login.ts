import { type QueueTicket } from '../limits/queue-ticket.js';
import { DEVICE_LOGIN, type DeviceLogin, type LoginOutcome } from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type ConnectionState, type PendingClose, type StateMachine } from './connection-state.js';
import { FrameExchange } from './frame-exchange.js';
import { type LoginLimits } from './login-limits.js';

/** The login was read, and the gateway decides about it. Bytes that the device sends meanwhile are kept for the session. */
export class DecidingLogin implements ConnectionState {
  readonly session = null;
  /** Holds what has arrived behind the login. */
  readonly frames: FrameExchange;
  pendingClose: PendingClose | null = null;
  /** While the login waits in the queue of the LoginThrottle, and no handler was called. */
  private ticket: QueueTicket | null = null;

  constructor(
    private readonly machine: StateMachine,
    private readonly limits: LoginLimits,
    readonly device: TeltonikaContext,
  ) {
    this.frames = new FrameExchange(machine.socket, machine.environment, device);
  }

  /** Asks the login handler, after the queue. */
  async decide(login: DeviceLogin): Promise<void> {
    try {
      const outcome = await this.askHandler(login);
      if (outcome) {
        this.machine.loginDecided(login.imei, outcome);
      }
    } catch (error) {
      this.machine.fail(error);
    }
  }

  /** The socket is read on: few bytes are allowed behind a login, and a paused socket would hold more of them. */
  receive(chunk: Buffer): void {
    this.limits.count(chunk.length);
    this.machine.environment.trace.record('in', this.device, chunk);
    this.frames.push(chunk);
  }

  /** The login is decided first: the device may have sent its login, a frame and a FIN at once. */
  peerEnded(): void {
    this.pendingClose ??= 'peer';
  }

  /** The device waits for the gateway, for example during a database outage. */
  idleTimeoutExpired(): void {
    this.machine.idleTimeout.restart();
  }

  /** A login in the queue is not waited for. */
  drain(): void {
    this.pendingClose = 'shutdown';
    if (this.ticket) {
      this.machine.close('shutdown');
    }
  }

  leave(): void {
    this.ticket?.cancel();
  }

  /** Resolves with null when the connection closed while the login was in the queue. Rejects when the handler fails: then nothing was decided. */
  private async askHandler(login: DeviceLogin): Promise<LoginOutcome | null> {
    const { logins, counters, callHandler } = this.machine.environment;
    this.ticket = logins.enter(this.device.remoteAddress);
    if (this.ticket) {
      counters.loginsSlowedDown++;
      const isGranted = await this.ticket.granted;
      this.ticket = null;
      if (!isGranted) {
        return null;
      }
    }
    return callHandler<LoginOutcome>(DEVICE_LOGIN, login, this.device);
  }
}
