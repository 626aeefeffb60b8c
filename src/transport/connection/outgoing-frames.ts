interface Outgoing {
  readonly frame: Buffer;
  readonly deadline: NodeJS.Timeout;
  readonly settle: (written: boolean) => void;
}

/**
 * Frames that wait to be written to one device. Teltonika's order of events: the device connects, sends what it has stored,
 * gets the last acknowledgement, and then commands may come.
 */
export class OutgoingFrames {
  private readonly waiting = new Set<Outgoing>();
  private readonly asking: ((sendable: boolean) => void)[] = [];
  private grace: NodeJS.Timeout | null = null;
  private closed = false;

  /**
   * @param graceMs how long the device still gets to send its stored records first; 0 when it has.
   * @param graceIsOver asks the connection to flush.
   */
  constructor(graceMs: number, graceIsOver: () => void) {
    if (graceMs > 0) {
      this.grace = setTimeout(() => {
        this.grace = null;
        graceIsOver();
      }, graceMs);
    }
  }

  /** Resolves at the next flush with true, or with false at the close. */
  sendable(): Promise<boolean> {
    return this.closed ? Promise.resolve(false) : new Promise((resolve) => this.asking.push(resolve));
  }

  /** A frame that could not be written in time is withdrawn: who sends a command must be able to rely on when it was sent. */
  add(frame: Buffer, withinMs: number): Promise<boolean> {
    if (this.closed) {
      return Promise.resolve(false);
    }
    return new Promise((settle) => {
      const deadline = setTimeout(() => {
        this.waiting.delete(outgoing);
        settle(false);
      }, withinMs);
      const outgoing: Outgoing = { frame, deadline, settle };
      this.waiting.add(outgoing);
    });
  }

  /** The device has sent what it had to send first. */
  endGrace(): void {
    if (this.grace) {
      clearTimeout(this.grace);
      this.grace = null;
    }
  }

  /** Writes everything that waits. To be called between two frames of the device only. */
  flush(write: (frame: Buffer) => void): void {
    if (this.grace || this.closed) {
      return;
    }
    this.take().forEach(({ frame, settle }) => {
      write(frame);
      settle(true);
    });
    this.asking.splice(0).forEach((resolve) => resolve(true));
  }

  /** Nothing more can be written. */
  close(): void {
    this.closed = true;
    this.endGrace();
    this.take().forEach(({ settle }) => settle(false));
    this.asking.splice(0).forEach((resolve) => resolve(false));
  }

  private take(): Outgoing[] {
    const taken = [...this.waiting];
    this.waiting.clear();
    taken.forEach(({ deadline }) => clearTimeout(deadline));
    return taken;
  }
}
