import { type PlaceInLine } from './place-in-line.js';

interface Waiting {
  readonly bytes: number;
  readonly settle: (taken: boolean) => void;
}

/**
 * A bound on bytes being worked on. Who finds it used up waits in line; nothing is buffered for it meanwhile.
 * One taker larger than the whole budget passes when it is alone, so that nobody waits for ever.
 */
export class ByteBudget {
  private used = 0;
  private readonly line = new Set<Waiting>();

  constructor(private readonly capacity: number) {}

  get usedBytes(): number {
    return this.used;
  }

  /** Takes at once and returns null, or returns a place in the line. */
  take(bytes: number): PlaceInLine | null {
    if (this.tryTake(bytes)) {
      return null;
    }
    let settle!: (taken: boolean) => void;
    const taken = new Promise<boolean>((resolve) => (settle = resolve));
    const waiting: Waiting = { bytes, settle };
    this.line.add(waiting);
    return { taken, giveUp: () => this.leave(waiting) };
  }

  /** For who can't wait: takes at once and returns true, or leaves it. Those in line go first. */
  tryTake(bytes: number): boolean {
    const takes = this.line.size === 0 && this.fits(bytes);
    this.used += takes ? bytes : 0;
    return takes;
  }

  give(bytes: number): void {
    this.used -= bytes;
    this.letIn();
  }

  private leave(waiting: Waiting): void {
    if (this.line.delete(waiting)) {
      waiting.settle(false);
      // It may have been the large one at the head that kept the small ones behind it waiting.
      this.letIn();
    }
  }

  private letIn(): void {
    for (const waiting of this.line) {
      if (!this.fits(waiting.bytes)) {
        return;
      }
      this.line.delete(waiting);
      this.used += waiting.bytes;
      waiting.settle(true);
    }
  }

  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.capacity;
  }
}
