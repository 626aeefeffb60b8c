import { type Socket } from 'node:net';
import { type TransportOptions } from '../transport-options.js';

/**
 * The idle timeout of one connection: shorter while a part of a frame is held. Every byte restarts it, so a slow device stays
 * connected. It uses the timeout of the socket, because a timer per connection would need more memory than the other state of the
 * connection together.
 */
export class IdleTimeout {
  private holdsPartOfFrame = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: TransportOptions,
  ) {
    this.restart();
  }

  /** Why a device that was idle for too long is disconnected. */
  get reason(): 'frame-timeout' | 'idle' {
    return this.holdsPartOfFrame ? 'frame-timeout' : 'idle';
  }

  /** Starts the time again. To be called when the timeout expires while the device waits for the gateway. */
  restart(): void {
    const { idleTimeoutMs, frameTimeoutMs } = this.options;
    this.socket.setTimeout(this.holdsPartOfFrame ? Math.min(frameTimeoutMs, idleTimeoutMs) : idleTimeoutMs);
  }

  /** @param bufferedBytes of a frame that is not complete. */
  update(bufferedBytes: number): void {
    const holdsPartOfFrame = bufferedBytes > 0;
    if (holdsPartOfFrame !== this.holdsPartOfFrame) {
      this.holdsPartOfFrame = holdsPartOfFrame;
      this.restart();
    }
  }
}
