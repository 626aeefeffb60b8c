import { type Socket } from 'node:net';
import { login, recordsFrame } from '../support/frames.js';
import { type AttackCounts, type AttackOrder } from './attack.js';
import { openPeer } from './attacking-peer.js';

const FIRST_IMEI = 868_000_000_000_000;
const TICK_MS = 20;
/** Each connection gets its next byte about so often. */
const BYTE_EVERY_TICKS = 75;
const OPENED_A_TICK = 60;
const HALF_A_FRAME = 40;

/**
 * Keeps connections open that never come to anything: they send a login a byte now and then, or half of a frame behind a login. What the
 * gateway closes is opened again.
 */
export class HeldConnections {
  private readonly sockets = new Map<Socket, Buffer>();
  private opening = 0;
  private serial = 0;
  private tick = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly order: AttackOrder,
    private readonly counts: AttackCounts,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.step(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer ?? undefined);
    this.sockets.forEach((_, socket) => socket.destroy());
  }

  private step(): void {
    const missing = this.order.connections - this.sockets.size - this.opening;
    for (let left = Math.min(missing, OPENED_A_TICK); left > 0; left--) {
      this.open();
    }
    this.tick++;
    let index = 0;
    for (const [socket, rest] of this.sockets) {
      if (index++ % BYTE_EVERY_TICKS === this.tick % BYTE_EVERY_TICKS && rest.length > 0) {
        socket.write(rest.subarray(0, 1));
        this.sockets.set(socket, rest.subarray(1));
      }
    }
  }

  private open(): void {
    this.opening++;
    let connected = false;
    const ownLogin = login(String(FIRST_IMEI + this.serial++));
    openPeer(this.order.port, this.counts, {
      onConnected: (socket) => {
        connected = true;
        this.opening--;
        if (this.order.attack === 'slow-login') {
          // All but the last byte: it takes longer than the limit.
          this.sockets.set(socket, ownLogin.subarray(0, -1));
        } else {
          this.sockets.set(socket, Buffer.alloc(0));
          socket.write(ownLogin);
        }
      },
      onAccepted: (socket) => socket.write(recordsFrame([{}, {}]).subarray(0, HALF_A_FRAME)),
      onGone: (socket) => {
        this.opening -= connected ? 0 : 1;
        this.sockets.delete(socket);
      },
    });
  }
}
