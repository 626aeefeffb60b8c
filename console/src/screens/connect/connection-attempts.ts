/** An attempt that failed, as the transport of an instance counts it. */
export interface FailedAttempt {
  readonly outcome: string;
  /** Of the protocol error, if there was one. */
  readonly code: string | null;
  readonly address: string;
  readonly imei: string | null;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** A login, or a failed attempt. */
export type Attempt =
  | { readonly kind: 'login'; readonly id: string; readonly at: string; readonly imei: string; readonly address: string }
  | ({ readonly kind: 'failed'; readonly id: string; readonly at: string } & FailedAttempt);

interface TransportStats {
  readonly failedAttempts?: readonly FailedAttempt[];
}

/** Of GET /api/v1/stats: the instance that answers, and each as of its last heartbeat. */
export interface PortStats {
  readonly transport?: TransportStats;
  readonly instances: readonly { readonly stats: { readonly transport?: TransportStats } | null }[];
}

const MAX_ATTEMPTS = 50;

/** The attempts on the device ports of all instances, the newest first. Also those of the time before the page was opened. */
export class ConnectionAttempts {
  private readonly attempts = new Map<string, Attempt>();

  get newest(): readonly Attempt[] {
    return [...this.attempts.values()].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  }

  /** The instance that answers is in both lists, and its heartbeat is older. */
  readStats({ transport, instances }: PortStats): void {
    const lists = [transport, ...instances.map(({ stats }) => stats?.transport)].map((one) => one?.failedAttempts ?? []);
    for (const attempt of lists.flat()) {
      const { outcome, code, address, imei, firstAt, lastAt, count } = attempt;
      const id = [firstAt, outcome, code, address, imei].join(' ');
      const known = this.attempts.get(id);
      if (known?.kind !== 'failed' || known.count < count) {
        this.attempts.set(id, { ...attempt, kind: 'failed', id, at: lastAt });
      }
    }
    this.dropOldest();
  }

  loggedIn(imei: string, at: string, address: string): void {
    const id = `${imei} ${at}`;
    this.attempts.set(id, { kind: 'login', id, at, imei, address });
    this.dropOldest();
  }

  private dropOldest(): void {
    for (const { id } of this.newest.slice(MAX_ATTEMPTS)) {
      this.attempts.delete(id);
    }
  }
}
