export interface TurnLimits {
  /** Turns at the same time. */
  readonly max: number;
  readonly maxOfKey: number;
}

interface Waiting {
  readonly key: string;
  readonly begin: () => void;
}

/** Limits how much work is done at the same time, in all and for each key. Work beyond the limits waits: the longest wait of a key that is below its limit ends first. */
export class Turns {
  private taken = 0;
  private readonly ofKeys = new Map<string, number>();
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limits: TurnLimits) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.isFree(key)) {
      this.take(key);
    } else {
      // Its turn has been taken for it when this resolves.
      await new Promise<void>((begin) => this.waiting.push({ key, begin }));
    }
    try {
      return await work();
    } finally {
      this.giveBack(key);
    }
  }

  private isFree(key: string): boolean {
    return this.taken < this.limits.max && (this.ofKeys.get(key) ?? 0) < this.limits.maxOfKey;
  }

  private take(key: string): void {
    this.taken++;
    this.ofKeys.set(key, (this.ofKeys.get(key) ?? 0) + 1);
  }

  private giveBack(key: string): void {
    this.taken--;
    const left = (this.ofKeys.get(key) ?? 1) - 1;
    if (left === 0) {
      this.ofKeys.delete(key);
    } else {
      this.ofKeys.set(key, left);
    }
    const next = this.waiting.findIndex((each) => this.isFree(each.key));
    const [begun] = next === -1 ? [] : this.waiting.splice(next, 1);
    if (begun) {
      this.take(begun.key);
      begun.begin();
    }
  }
}
