import { type SinkMessage } from './sink-engine.js';

/**
 * Sends messages one by one per device, and those of different devices at the same time: the next message of a device is sent after the acknowledgement
 * of the one before it. An engine may refuse one message and accept those behind it; with more than one in flight the refused one would be
 * published behind newer ones of its device. After the first failure nothing is sent any more.
 */
export class OrderedSends {
  /** Of each device with a message in flight or ready, those that wait behind it. */
  private readonly behind = new Map<string, SinkMessage[]>();
  /** The first messages of devices, which wait because as many are in flight as may be. */
  private readonly ready: SinkMessage[] = [];
  private inFlight = 0;
  private count = 0;
  private failure: { readonly error: unknown } | null = null;
  private settled: (() => void) | null = null;

  /** @param send resolves when the engine has acknowledged the message. */
  constructor(
    private readonly send: (message: SinkMessage) => Promise<unknown>,
    private readonly maxInFlight = Infinity,
  ) {}

  /** How many messages were acknowledged. */
  get acknowledgedCount(): number {
    return this.count;
  }

  add(batch: readonly SinkMessage[]): void {
    for (const message of batch) {
      const queue = this.behind.get(message.imei);
      if (queue) {
        queue.push(message);
      } else {
        this.behind.set(message.imei, []);
        this.begin(message);
      }
    }
  }

  /** Fulfilled when everything is acknowledged. Rejects with the first failure. */
  async flush(): Promise<void> {
    if (this.behind.size > 0 && !this.failure) {
      await new Promise<void>((resolve) => (this.settled = resolve));
    }
    if (this.failure) {
      throw this.failure.error;
    }
  }

  /** For a failure that is not of one message: the connection was lost. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.settled?.();
  }

  private begin(message: SinkMessage): void {
    if (this.failure) {
      return;
    }
    if (this.inFlight >= this.maxInFlight) {
      this.ready.push(message);
      return;
    }
    this.inFlight++;
    this.send(message).then(
      () => this.acknowledged(message.imei),
      (error: unknown) => this.fail(error),
    );
  }

  private acknowledged(imei: string): void {
    this.inFlight--;
    this.count++;
    const next = this.behind.get(imei)?.shift();
    if (next) {
      this.ready.push(next);
    } else {
      this.behind.delete(imei);
    }
    const first = this.ready.shift();
    if (first) {
      this.begin(first);
    }
    if (this.behind.size === 0) {
      this.settled?.();
    }
  }
}
