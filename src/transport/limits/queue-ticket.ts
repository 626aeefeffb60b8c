/** A caller's place in a queue: for bytes of the ByteBudget, or for a login of the LoginThrottle. */
export class QueueTicket {
  /** Resolves with true when the caller's turn has come, and with false when the ticket was cancelled. */
  readonly granted: Promise<boolean>;
  private settle!: (granted: boolean) => void;

  /** @param leaveQueue removes the ticket from its queue; returns false when it is not in the queue any more. */
  constructor(private readonly leaveQueue: (ticket: QueueTicket) => boolean) {
    this.granted = new Promise((resolve) => (this.settle = resolve));
  }

  /** Called by the queue, which has removed the ticket. */
  grant(): void {
    this.settle(true);
  }

  /** Leaves the queue. Has no effect once the ticket was granted. */
  cancel(): void {
    if (this.leaveQueue(this)) {
      this.settle(false);
    }
  }
}
