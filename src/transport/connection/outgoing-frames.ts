interface Outgoing {
  readonly frame: Buffer;
  readonly deadline: NodeJS.Timeout;
  readonly mayWrite: () => boolean;
  readonly settle: (written: boolean) => void;
}

const always = (): boolean => true;

/**
 * The queue of frames to one device. Teltonika's order of events is: the device connects, sends its stored records, gets the last
 * acknowledgement, and only then accepts commands.
 */
export class OutgoingFrames {
  private readonly waiting = new Set<Outgoing>();
  /** Callers of `sendable`. */
  private readonly sendableCallers: ((sendable: boolean) => void)[] = [];
  private grace: NodeJS.Timeout | null = null;
  private closed = false;

  /**
   * @param graceMs how long the device may still take to send its first frame; 0 when it has sent one.
   * @param onGraceEnd called when the grace is over; it is to flush.
   */
  constructor(graceMs: number, onGraceEnd: () => void) {
    if (graceMs > 0) {
      this.grace = setTimeout(() => {
        this.grace = null;
        onGraceEnd();
      }, graceMs);
    }
  }

  /** Resolves with true at the next flush, and with false when the connection closes. */
  sendable(): Promise<boolean> {
    return this.closed ? Promise.resolve(false) : new Promise((resolve) => this.sendableCallers.push(resolve));
  }

  /**
   * Resolves with whether the frame was written. A frame that is not written within `withinMs` is removed, so that no command is written after its
   * sender has given up. So is one for which `mayWrite`, called immediately before the write, returns false.
   */
  add(frame: Buffer, withinMs: number, mayWrite: () => boolean = always): Promise<boolean> {
    if (this.closed) {
      return Promise.resolve(false);
    }
    return new Promise((settle) => {
      const deadline = setTimeout(() => {
        this.waiting.delete(outgoing);
        settle(false);
      }, withinMs);
      const outgoing: Outgoing = { frame, deadline, mayWrite, settle };
      this.waiting.add(outgoing);
    });
  }

  /** The device has got its first acknowledgement. */
  endGrace(): void {
    if (this.grace) {
      clearTimeout(this.grace);
      this.grace = null;
    }
  }

  /** Writes all frames of the queue. To be called only between two frames of the device. */
  flush(write: (frame: Buffer) => void): void {
    if (this.grace || this.closed) {
      return;
    }
    this.takeAll().forEach(({ frame, mayWrite, settle }) => {
      const isWritten = mayWrite();
      if (isWritten) {
        write(frame);
      }
      settle(isWritten);
    });
    this.sendableCallers.splice(0).forEach((resolve) => resolve(true));
  }

  /** The connection closes: nothing can be written any more. */
  close(): void {
    this.closed = true;
    this.endGrace();
    this.takeAll().forEach(({ settle }) => settle(false));
    this.sendableCallers.splice(0).forEach((resolve) => resolve(false));
  }

  private takeAll(): Outgoing[] {
    const taken = [...this.waiting];
    this.waiting.clear();
    taken.forEach(({ deadline }) => clearTimeout(deadline));
    return taken;
  }
}
