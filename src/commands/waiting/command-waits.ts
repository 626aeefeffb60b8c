/** Why a waiting request goes on: its command may have ended, its time is up, or it ends without an answer to wait for. */
export type Wake = 'ended' | 'time-up' | 'stopped' | 'abandoned';

/** Ends that are remembered while requests do not know the id of their command yet. */
const MAX_REMEMBERED_ENDS = 10_000;

export interface WaitLimits {
  readonly maxWaits: number;
  readonly maxWaitsPerKey: number;
}

/**
 * Requests of this instance that wait for the end of a command. A request reserves its place before its command is stored, so that an end between
 * the commit and the registration is not missed.
 */
export class CommandWaits {
  private readonly reserved = new Set<CommandWait>();
  private readonly byCommand = new Map<string, Set<CommandWait>>();
  /** By API key. */
  private readonly counts = new Map<string, number>();
  /** Ended while places were reserved. The oldest are forgotten first: their requests find the end when their time is up. */
  private readonly endedMeanwhile = new Set<string>();
  private total = 0;
  private isStopped = false;

  constructor(private readonly limits: WaitLimits) {}

  get count(): number {
    return this.total;
  }

  /** Null when too many requests wait, of all or of this key, and after `stop`. */
  reserve(key: string): CommandWait | null {
    const ofKey = this.counts.get(key) ?? 0;
    if (this.isStopped || this.total >= this.limits.maxWaits || ofKey >= this.limits.maxWaitsPerKey) {
      return null;
    }
    this.total++;
    this.counts.set(key, ofKey + 1);
    const wait = new CommandWait(key);
    this.reserved.add(wait);
    return wait;
  }

  /** The request waits for this command from now on. */
  register(wait: CommandWait, commandLogId: string): void {
    this.reserved.delete(wait);
    wait.commandLogId = commandLogId;
    const waits = this.byCommand.get(commandLogId) ?? new Set();
    this.byCommand.set(commandLogId, waits.add(wait));
    if (this.endedMeanwhile.has(commandLogId)) {
      wait.wake('ended');
    }
    this.forgetEnds();
  }

  /** The request has got its answer, or does not wait after all. */
  release(wait: CommandWait): void {
    this.total--;
    const ofKey = this.counts.get(wait.key)! - 1;
    if (ofKey === 0) {
      this.counts.delete(wait.key);
    } else {
      this.counts.set(wait.key, ofKey);
    }
    this.reserved.delete(wait);
    this.forgetEnds();
    const waits = wait.commandLogId === null ? undefined : this.byCommand.get(wait.commandLogId);
    waits?.delete(wait);
    if (waits?.size === 0) {
      this.byCommand.delete(wait.commandLogId!);
    }
  }

  /** These commands may have ended. */
  wake(commandLogIds: readonly string[]): void {
    for (const id of commandLogIds) {
      this.byCommand.get(id)?.forEach((wait) => wait.wake('ended'));
      if (this.reserved.size > 0) {
        this.remember(id);
      }
    }
  }

  /** Any command may have ended. */
  wakeAll(): void {
    this.byCommand.forEach((waits) => waits.forEach((wait) => wait.wake('ended')));
  }

  /** Ends all waits, and accepts no further ones. */
  stop(): void {
    this.isStopped = true;
    [...this.reserved, ...[...this.byCommand.values()].flatMap((waits) => [...waits])].forEach((wait) => wait.wake('stopped'));
  }

  private remember(commandLogId: string): void {
    this.endedMeanwhile.add(commandLogId);
    if (this.endedMeanwhile.size > MAX_REMEMBERED_ENDS) {
      const [oldest] = this.endedMeanwhile;
      this.endedMeanwhile.delete(oldest!);
    }
  }

  private forgetEnds(): void {
    if (this.reserved.size === 0) {
      this.endedMeanwhile.clear();
    }
  }
}

/** One request that waits. What it was woken for is kept until it asks; the end of the wait takes precedence over a possible end of the command. */
export class CommandWait {
  /** Null while the place is only reserved. */
  commandLogId: string | null = null;
  private woken: Wake | null = null;
  private resolve: ((wake: Wake) => void) | null = null;

  constructor(readonly key: string) {}

  wake(wake: Wake): void {
    if (this.woken === null || this.woken === 'ended') {
      this.woken = wake;
    }
    this.settle();
  }

  /** Resolves with the next reason to go on. */
  next(): Promise<Wake> {
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.settle();
    });
  }

  private settle(): void {
    const { woken, resolve } = this;
    if (woken !== null && resolve !== null) {
      this.woken = null;
      this.resolve = null;
      resolve(woken);
    }
  }
}
