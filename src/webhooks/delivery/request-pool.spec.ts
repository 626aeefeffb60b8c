import { waitFor } from '../../../test/support/wait-for.js';
import { type WebhookRequest } from './delivery.js';
import { type PoolOptions, RequestPool } from './request-pool.js';

function request(id: string): WebhookRequest {
  return { id, path: '/', body: '{}', deliveries: [], hasResults: false };
}

/** A host whose answers the test triggers. */
class SlowHost {
  readonly started: string[] = [];
  readonly released: string[] = [];
  freed = 0;
  mayStart = true;
  private readonly ends = new Map<string, () => void>();

  pool(options: Partial<PoolOptions> = {}): RequestPool {
    return new RequestPool({
      concurrency: 2,
      maxQueuedMs: 60_000,
      mayStart: () => this.mayStart,
      deliver: ({ id }) => {
        this.started.push(id);
        return new Promise<void>((resolve) => this.ends.set(id, resolve));
      },
      release: (requests) => this.released.push(...requests.map(({ id }) => id)),
      onFree: () => this.freed++,
      ...options,
    });
  }

  answer(id: string): void {
    this.ends.get(id)?.();
  }
}

describe('RequestPool', () => {
  it('keeps as many requests in flight as it may, and starts the others in their order', async () => {
    const host = new SlowHost();
    const pool = host.pool();
    pool.add(['a', 'b', 'c', 'd'].map(request));
    expect([host.started, pool.inFlight, pool.queued]).toEqual([['a', 'b'], 2, 2]);
    host.answer('b');
    await waitFor(() => host.started.length === 3, { what: 'the next request' });
    host.answer('a');
    await waitFor(() => host.started.length === 4, { what: 'the last request' });
    expect(host.started).toEqual(['a', 'b', 'c', 'd']);
    host.answer('c');
    host.answer('d');
    await pool.idle();
    expect(pool.inFlight).toBe(0);
  });

  it('reports once that it has free capacity after it was full', async () => {
    const host = new SlowHost();
    const pool = host.pool();
    pool.add(['a', 'b', 'c', 'd', 'e'].map(request));
    expect([pool.isFull, host.freed]).toEqual([true, 0]);
    host.answer('a');
    host.answer('b');
    await waitFor(() => host.started.length === 4, { what: 'two more requests' });
    expect([pool.isFull, host.freed]).toEqual([false, 1]);
    host.answer('c');
    await waitFor(() => host.started.length === 5, { what: 'the last request' });
    expect(host.freed).toBe(1);
  });

  it('releases the queue as soon as requests may not start any more', async () => {
    const host = new SlowHost();
    const pool = host.pool();
    pool.add(['a', 'b', 'c'].map(request));
    host.mayStart = false;
    host.answer('a');
    await waitFor(() => host.released.length > 0, { what: 'the release' });
    expect([host.started, host.released, pool.queued]).toEqual([['a', 'b'], ['c'], 0]);
  });

  it('releases a request that has been queued for too long', async () => {
    const host = new SlowHost();
    const pool = host.pool({ concurrency: 1, maxQueuedMs: 0 });
    pool.add(['a'].map(request));
    expect([host.started, host.released]).toEqual([[], ['a']]);
    await pool.idle();
  });
});
