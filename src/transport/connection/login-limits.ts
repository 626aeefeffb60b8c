import { ProtocolError } from '../../protocol/protocol-error.js';
import { type TransportOptions } from '../transport-options.js';

/** The time and the bytes that a connection has until its login is decided. The time ends when the login was read: the gateway may need longer to decide. */
export class LoginLimits {
  private receivedBytes = 0;
  private readonly maxBytes: number;
  private readonly timer: NodeJS.Timeout;

  /** @param elapsedMs how much of the time has passed already. */
  constructor({ maxLoginBytes, loginTimeoutMs }: TransportOptions, elapsedMs: number, onTimeout: () => void) {
    this.maxBytes = maxLoginBytes;
    this.timer = setTimeout(onTimeout, Math.max(1, loginTimeoutMs - elapsedMs));
  }

  /** Counts received bytes: a PROXY header, keep-alive bytes, the login, and everything behind it. Throws LOGIN_TOO_LARGE. */
  count(bytes: number): void {
    this.receivedBytes += bytes;
    if (this.receivedBytes > this.maxBytes) {
      throw new ProtocolError('LOGIN_TOO_LARGE', `${this.receivedBytes} bytes before the login was answered`, this.maxBytes);
    }
  }

  stopTimer(): void {
    clearTimeout(this.timer);
  }
}
