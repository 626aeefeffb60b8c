import { type Socket } from 'node:net';
import { type AttackCounts, type AttackOrder } from './attack.js';
import { openPeer } from './attacking-peer.js';

const OPENING_AT_A_TIME = 100;

/** Connections as fast as they can be opened: every other one closes its own side at once, the rest say nothing. The oldest make room. */
export class HalfOpenFlood {
  private readonly silent = new Set<Socket>();
  private stopped = false;
  private serial = 0;

  constructor(
    private readonly order: AttackOrder,
    private readonly counts: AttackCounts,
  ) {}

  start(): void {
    for (let index = 0; index < OPENING_AT_A_TIME; index++) {
      this.open();
    }
  }

  stop(): void {
    this.stopped = true;
    this.silent.forEach((socket) => socket.resetAndDestroy());
  }

  private open(): void {
    const closesItsSide = this.serial++ % 2 === 0;
    let isNext = false;
    const openNext = (): void => {
      if (!isNext && !this.stopped) {
        isNext = true;
        setImmediate(() => this.open());
      }
    };
    openPeer(this.order.port, this.counts, {
      onConnected: (socket) => {
        if (closesItsSide) {
          socket.end();
        } else {
          this.hold(socket);
        }
        openNext();
      },
      onGone: (socket) => {
        this.silent.delete(socket);
        openNext();
      },
    });
  }

  private hold(socket: Socket): void {
    this.silent.add(socket);
    const [oldest] = this.silent;
    if (this.silent.size > this.order.connections) {
      this.silent.delete(oldest!);
      // Not a FIN: the ports of this machine would all be in TIME_WAIT soon.
      oldest?.resetAndDestroy();
    }
  }
}
