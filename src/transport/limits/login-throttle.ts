import { QueueTicket } from './queue-ticket.js';

const TICK_MS = 50;
const MS = 1_000;

/**
 * Limits logins per second, because each login costs a database row. Logins above the rate wait instead of being rejected: a fleet that
 * reconnects after an outage is not an attack. Each network has a queue of its own, and the queues take turns, so that a flood
 * from one network delays only itself.
 */
export class LoginThrottle {
  /** By network. The next login is taken from the first queue, which then moves to the end. */
  private readonly queues = new Map<string, Set<QueueTicket>>();
  private allowance: number;
  private countedAt = performance.now();
  private timer: NodeJS.Timeout | null = null;

  /**
   * @param perSecond 0: no limit.
   * @param networkOf the network of an address. Logins from one network share a queue.
   */
  constructor(
    private readonly perSecond: number,
    private readonly networkOf: (address: string) => string,
  ) {
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
    const network = this.networkOf(address);
    const ticket = new QueueTicket((left) => this.leaveQueue(network, left));
    const queue = this.queues.get(network) ?? new Set();
    this.queues.set(network, queue.add(ticket));
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
      const [[network, queue]] = this.queues as Iterable<[string, Set<QueueTicket>]> as [[string, Set<QueueTicket>]];
      this.grantFirst(network, queue);
    }
    this.stopTimerWhenEmpty();
  }

  private grantFirst(network: string, queue: Set<QueueTicket>): void {
    const [first] = queue as Iterable<QueueTicket> as [QueueTicket];
    queue.delete(first);
    this.queues.delete(network);
    if (queue.size > 0) {
      this.queues.set(network, queue);
    }
    this.allowance--;
    first.grant();
  }

  private leaveQueue(network: string, ticket: QueueTicket): boolean {
    const queue = this.queues.get(network);
    if (!queue?.delete(ticket)) {
      return false;
    }
    if (queue.size === 0) {
      this.queues.delete(network);
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
