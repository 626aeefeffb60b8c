import { type FrameOutcome } from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type ConnectionState, type PendingClose, type StateMachine } from './connection-state.js';
import { type FrameExchange, type FrameListener } from './frame-exchange.js';
import { OutgoingFrames } from './outgoing-frames.js';

/** A device that has stored records sends them as soon as its login is answered. Commands wait that long for its first frame. */
const FIRST_FRAME_GRACE_MS = 500;

/**
 * The device is logged in. Its frames are handled one at a time: the next one is read after the last was answered. While a frame is
 * handled, the socket is paused as soon as more bytes arrive, so that a device can make the gateway hold one chunk, not more.
 */
export class OpenSession implements ConnectionState, FrameListener {
  /** False once the connection closes, which may happen while a frame is handled. */
  private isCurrent = true;
  /** From the beginning: `answerFrames` is called as soon as the login is answered. */
  private isAnswering = true;
  private readonly openedAt = performance.now();
  /** Created for the first frame to the device: most connections never need it. */
  private outgoing: OutgoingFrames | null = null;

  constructor(
    private readonly machine: StateMachine,
    readonly session: TeltonikaContext,
    readonly frames: FrameExchange,
    private pendingClose: PendingClose | null,
  ) {}

  get device(): TeltonikaContext {
    return this.session;
  }

  receive(chunk: Buffer): void {
    this.machine.environment.trace.record('in', this.session, chunk);
    this.frames.push(chunk);
    if (this.isAnswering) {
      this.machine.socket.pause();
    } else {
      this.answerFrames();
    }
  }

  peerEnded(): void {
    this.pendingClose ??= 'peer';
    this.closeIfPending();
  }

  drain(): void {
    this.pendingClose = 'shutdown';
    this.closeIfPending();
  }

  idleTimeoutExpired(): void {
    const { machine } = this;
    if (this.isAnswering) {
      // The device waits for the gateway, for example during a database outage.
      machine.idleTimeout.restart();
    } else {
      machine.close(machine.idleTimeout.reason);
    }
  }

  leave(): void {
    this.isCurrent = false;
    this.outgoing?.close();
    this.frames.cancelWaiting();
  }

  get isSendable(): boolean {
    return this.canWrite && this.graceMs === 0;
  }

  sendable(): Promise<boolean> {
    return this.enqueue((outgoing) => outgoing.sendable());
  }

  send(frame: Buffer, withinMs: number, mayWrite?: () => boolean): Promise<boolean> {
    return this.enqueue((outgoing) => outgoing.add(frame, withinMs, mayWrite));
  }

  /** Handles all complete frames that have arrived, one after the other, then resumes the socket. Goes on after the outcome of each. */
  answerFrames(): void {
    this.isAnswering = true;
    try {
      const answer = this.frames.answerNext(this.session, this);
      if (answer === null) {
        this.endAnswering();
      } else if (answer !== 'pending') {
        answer
          .then((outcome) => outcome !== 'pending' && this.goOnAfter(outcome))
          .catch((error: unknown) => this.frameFailed(error));
      }
    } catch (error) {
      this.frameFailed(error);
    }
  }

  frameStored(): void {
    this.goOnAfter('acknowledge');
  }

  frameFailed(error: unknown): void {
    this.machine.fail(error);
    this.endAnswering();
  }

  private goOnAfter(outcome: FrameOutcome['kind']): void {
    if (outcome === 'acknowledge') {
      this.outgoing?.endGrace();
    } else if (outcome === 'close') {
      this.machine.close('protocol-error');
    }
    this.closeIfStuck();
    if (this.isCurrent && this.frames.bufferedBytes > 0) {
      this.answerFrames();
    } else {
      this.endAnswering();
    }
  }

  private endAnswering(): void {
    this.isAnswering = false;
    if (this.isCurrent) {
      this.machine.idleTimeout.update(this.frames.bufferedBytes);
      this.flushOutgoing();
      this.closeIfPending();
      this.resumeSocket();
    }
  }

  private closeIfPending(): void {
    if (this.pendingClose && !this.isAnswering) {
      this.machine.close(this.pendingClose);
    }
  }

  private resumeSocket(): void {
    const { socket } = this.machine;
    if (this.isCurrent && socket.isPaused()) {
      socket.resume();
    }
  }

  /** How long the device may still take to send its first frame. */
  private get graceMs(): number {
    return this.frames.lastFrameAt ? 0 : Math.max(0, this.openedAt + FIRST_FRAME_GRACE_MS - performance.now());
  }

  private enqueue(add: (outgoing: OutgoingFrames) => Promise<boolean>): Promise<boolean> {
    this.outgoing ??= new OutgoingFrames(this.graceMs, () => this.flushOutgoing());
    const written = add(this.outgoing);
    this.flushOutgoing();
    return written;
  }

  /**
   * Not while a frame is handled, nor while a part of one is held: then its acknowledgement comes first. Nor to a socket that is not
   * writable: a frame that is written counts as sent.
   */
  private get canWrite(): boolean {
    return !this.isAnswering && this.machine.socket.writable && this.frames.bufferedBytes === 0;
  }

  private flushOutgoing(): void {
    if (this.canWrite) {
      this.outgoing?.flush((frame) => this.frames.write(frame));
      this.closeIfStuck();
    }
  }

  /** Closes the connection of a device that does not read what is sent to it. */
  private closeIfStuck(): void {
    if (this.frames.isStuck) {
      this.machine.close('not-reading');
    }
  }
}
