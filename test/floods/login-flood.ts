import { randomBytes } from 'node:crypto';
import { login } from '../support/frames.js';
import { type AttackCounts, type AttackOrder } from './attack.js';
import { openPeer } from './attacking-peer.js';

const FIRST_IMEI = 869_000_000_000_000;
/** Strangers come again. */
const IMEIS = 20_000;
const LOGIN_BYTES = 17;

/** So many logins, some at a time: bytes that are none, or those of devices the gateway has never seen. */
export class LoginFlood {
  private tried = 0;
  private ended = 0;
  private stopped = false;

  constructor(
    private readonly order: AttackOrder,
    private readonly counts: AttackCounts,
    private readonly onDone: () => void,
  ) {}

  start(): void {
    for (let index = 0; index < this.order.connections; index++) {
      this.tryNext();
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private tryNext(): void {
    const { logins, port } = this.order;
    if (this.stopped || (logins !== null && this.tried >= logins)) {
      return;
    }
    const bytes = this.bytes(this.tried++);
    openPeer(port, this.counts, {
      onConnected: (socket) => socket.write(bytes),
      onAccepted: (socket) => socket.resetAndDestroy(),
      onGone: () => {
        if (++this.ended === logins) {
          this.onDone();
        }
        setImmediate(() => this.tryNext());
      },
    });
  }

  private bytes(serial: number): Buffer {
    return this.order.attack === 'no-login' ? randomBytes(LOGIN_BYTES) : login(String(FIRST_IMEI + (serial % IMEIS)));
  }
}
