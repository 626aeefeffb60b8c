import { type Socket } from 'node:net';
import { type TransportOptions } from '../transport-options.js';

/**
 * How long a device may send nothing: less while half of a frame is held for it. Every byte gives it its time again, so a slow device
 * stays. It is the socket's own timeout, for a timer of each connection's own would cost more memory than the connection's other state.
 */
export class SilenceWatch {
  private halfSent = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: TransportOptions,
  ) {
    this.start();
  }

  /** Why a device that was silent for too long is disconnected. */
  get reason(): 'frame-timeout' | 'idle' {
    return this.halfSent ? 'frame-timeout' : 'idle';
  }

  /** From now on. Needed where it waits for us, not we for it. */
  start(): void {
    const { idleTimeoutMs, frameTimeoutMs } = this.options;
    this.socket.setTimeout(this.halfSent ? Math.min(frameTimeoutMs, idleTimeoutMs) : idleTimeoutMs);
  }

  /** @param bytes of a frame that is not whole. */
  see(bytes: number): void {
    const halfSent = bytes > 0;
    if (halfSent !== this.halfSent) {
      this.halfSent = halfSent;
      this.start();
    }
  }
}
