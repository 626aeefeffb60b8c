import { type WebhookRequest } from './delivery.js';

export interface PoolOptions {
  /** Requests in flight at one time. */
  readonly concurrency: number;
  /** A request that has waited longer is released: its lease is about to end. */
  readonly maxQueuedMs: number;
  /** Whether queued requests may start. While they may not, the queue is released. */
  readonly mayStart: () => boolean;
  /** Sends a request and settles its deliveries. It must not reject. */
  readonly deliver: (request: WebhookRequest) => Promise<void>;
  /** Returns requests that were not sent. */
  readonly release: (requests: readonly WebhookRequest[]) => void;
  /** Called when a queue that was full can take requests again. */
  readonly onFree: () => void;
}

interface Queued {
  readonly request: WebhookRequest;
  readonly queuedAt: number;
}

/** Requests to the host: up to `concurrency` of them in flight, the others queued in the order in which they came. */
export class RequestPool {
  private queue: Queued[] = [];
  private wasFull = false;
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly options: PoolOptions) {}

  get inFlight(): number {
    return this.running.size;
  }

  get queued(): number {
    return this.queue.length;
  }

  /** Enough is queued to keep all connections busy. */
  get isFull(): boolean {
    return this.queue.length > this.options.concurrency;
  }

  add(requests: readonly WebhookRequest[]): void {
    const queuedAt = performance.now();
    this.queue.push(...requests.map((request) => ({ request, queuedAt })));
    this.startQueued();
    this.wasFull ||= this.isFull;
  }

  /** Starts a request beside the queue. */
  start(request: WebhookRequest, deliver = this.options.deliver): void {
    const delivered = deliver(request).finally(() => {
      this.running.delete(delivered);
      this.startQueued();
    });
    this.running.add(delivered);
  }

  releaseQueue(): void {
    const requests = this.queue.map(({ request }) => request);
    this.queue = [];
    this.options.release(requests);
  }

  /** Fulfilled when no request is in flight any more. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  private startQueued(): void {
    const { concurrency, mayStart, onFree } = this.options;
    if (!mayStart()) {
      this.releaseQueue();
    }
    while (this.running.size < concurrency) {
      const next = this.queue.shift();
      if (!next) {
        break;
      }
      this.startInTime(next);
    }
    if (this.wasFull && this.queue.length < concurrency) {
      this.wasFull = false;
      onFree();
    }
  }

  private startInTime({ request, queuedAt }: Queued): void {
    if (performance.now() - queuedAt < this.options.maxQueuedMs) {
      this.start(request);
    } else {
      this.options.release([request]);
    }
  }
}
