import { QueueTicket } from './queue-ticket.js';

/**
 * Limits the bytes of frames that are handled at one time. A caller that finds the budget used up waits in a queue, in order of arrival.
 * A request larger than the whole budget is granted when nothing else is in use, so that it does not wait indefinitely.
 */
export class ByteBudget {
  private used = 0;
  /** In order of arrival, each with the bytes that it waits for. */
  private readonly queue = new Map<QueueTicket, number>();

  constructor(private readonly capacity: number) {}

  get usedBytes(): number {
    return this.used;
  }

  /** Acquires the bytes immediately and returns null, or returns a ticket. Acquired bytes are to be released. */
  acquire(bytes: number): QueueTicket | null {
    if (this.tryAcquire(bytes)) {
      return null;
    }
    const ticket = new QueueTicket((left) => this.leaveQueue(left));
    this.queue.set(ticket, bytes);
    return ticket;
  }

  /** For callers that can't wait. Returns false when the bytes do not fit, or when others are in the queue. */
  tryAcquire(bytes: number): boolean {
    const acquired = this.queue.size === 0 && this.fits(bytes);
    this.used += acquired ? bytes : 0;
    return acquired;
  }

  release(bytes: number): void {
    this.used -= bytes;
    this.grantNext();
  }

  private leaveQueue(ticket: QueueTicket): boolean {
    if (!this.queue.delete(ticket)) {
      return false;
    }
    // A large request at the head of the queue may have blocked smaller ones behind it.
    this.grantNext();
    return true;
  }

  private grantNext(): void {
    for (const [ticket, bytes] of this.queue) {
      if (!this.fits(bytes)) {
        return;
      }
      this.queue.delete(ticket);
      this.used += bytes;
      ticket.grant();
    }
  }

  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.capacity;
  }
}
