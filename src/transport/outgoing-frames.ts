interface Outgoing {
  readonly frame: Buffer;
  readonly settle: (written: boolean) => void;
}

/**
 * Frames that wait to be written to one device. Teltonika's order of events: the device connects, sends what it has stored,
 * gets the last acknowledgement, and then commands may come.
 */
export class OutgoingFrames {
  private readonly waiting: Outgoing[] = [];
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

  add(frame: Buffer): Promise<boolean> {
    if (this.closed) {
      return Promise.resolve(false);
    }
    return new Promise((settle) => this.waiting.push({ frame, settle }));
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
    if (this.grace) {
      return;
    }
    for (const { frame, settle } of this.waiting.splice(0)) {
      write(frame);
      settle(true);
    }
  }

  /** Nothing more can be written. */
  close(): void {
    this.closed = true;
    this.endGrace();
    for (const { settle } of this.waiting.splice(0)) {
      settle(false);
    }
  }
}
