import { peerKeyOf } from './ip-address.js';
import { QueueTicket } from './queue-ticket.js';

const TICK_MS = 50;
const MS = 1_000;

/**
 * Limits logins per second, because each login costs a database row. Logins above the rate wait instead of being rejected: a fleet that
 * reconnects after an outage is not an attack. Each address has a queue of its own, and the queues take turns, so that a flood
 * from one address delays only itself.
 */
export class LoginThrottle {
  /** By peer key. The next login is taken from the first queue, which then moves to the end. */
  private readonly queues = new Map<string, Set<QueueTicket>>();
  private allowance: number;
  private countedAt = performance.now();
  private timer: NodeJS.Timeout | null = null;

  /** @param perSecond 0: no limit. */
  constructor(private readonly perSecond: number) {
    this.allowance = perSecond;
  }

  /** Returns null when the login may proceed immediately, else a ticket. */
  enter(address: string): QueueTicket | null {
    if (this.perSecond === 0) {
      return null;
    }
    this.refill();
    if (this.queues.size === 0 && this.allowance >= 1) {
      this.allowance--;
      return null;
    }
    const peerKey = peerKeyOf(address);
    const ticket = new QueueTicket((left) => this.leaveQueue(peerKey, left));
    const queue = this.queues.get(peerKey) ?? new Set();
    this.queues.set(peerKey, queue.add(ticket));
    this.timer ??= setInterval(() => this.grantNext(), TICK_MS);
    return ticket;
  }

  private refill(): void {
    const now = performance.now();
    this.allowance = Math.min(this.perSecond, this.allowance + ((now - this.countedAt) * this.perSecond) / MS);
    this.countedAt = now;
  }

  private grantNext(): void {
    this.refill();
    while (this.allowance >= 1 && this.queues.size > 0) {
      const [[peerKey, queue]] = this.queues as Iterable<[string, Set<QueueTicket>]> as [[string, Set<QueueTicket>]];
      this.grantFirst(peerKey, queue);
    }
    this.stopTimerWhenEmpty();
  }

  private grantFirst(peerKey: string, queue: Set<QueueTicket>): void {
    const [first] = queue as Iterable<QueueTicket> as [QueueTicket];
    queue.delete(first);
    this.queues.delete(peerKey);
    if (queue.size > 0) {
      this.queues.set(peerKey, queue);
    }
    this.allowance--;
    first.grant();
  }

  private leaveQueue(peerKey: string, ticket: QueueTicket): boolean {
    const queue = this.queues.get(peerKey);
    if (!queue?.delete(ticket)) {
      return false;
    }
    if (queue.size === 0) {
      this.queues.delete(peerKey);
    }
    this.stopTimerWhenEmpty();
    return true;
  }

  private stopTimerWhenEmpty(): void {
    if (this.queues.size === 0 && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }
}
