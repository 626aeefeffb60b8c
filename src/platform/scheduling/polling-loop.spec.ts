import { waitFor } from '../../../test/support/wait-for.js';
import { PollingLoop } from './polling-loop.js';

const HOUR = 3_600_000;

/** A round of work that ends when the test ends it. */
class Rounds {
  started = 0;
  running = 0;
  maxRunning = 0;
  private end: ((hasMore: boolean) => void) | null = null;

  readonly work = async (): Promise<boolean> => {
    this.started++;
    this.maxRunning = Math.max(this.maxRunning, ++this.running);
    const hasMore = await new Promise<boolean>((resolve) => (this.end = resolve));
    this.running--;
    return hasMore;
  };

  async finish(hasMore = false): Promise<void> {
    await waitFor(() => this.end !== null, { what: 'a round' });
    this.end?.(hasMore);
    this.end = null;
  }
}

describe('PollingLoop', () => {
  it('works again when it is woken, also by a call during a round', async () => {
    const rounds = new Rounds();
    const loop = new PollingLoop(rounds.work, { everyMs: HOUR, spacingMs: 0 });
    loop.start();
    loop.wake();
    await rounds.finish();
    await waitFor(() => rounds.started === 2, { what: 'the second round' });
    await rounds.finish();
    loop.wake();
    await waitFor(() => rounds.started === 3, { what: 'the third round' });
    const stopped = loop.stop();
    await rounds.finish();
    await stopped;
    expect([rounds.started, rounds.maxRunning]).toEqual([3, 1]);
  });

  it('works again at once while there is more, and after its time when nothing wakes it', async () => {
    const rounds = new Rounds();
    const loop = new PollingLoop(rounds.work, { everyMs: 5, spacingMs: 0 });
    loop.start();
    await rounds.finish(true);
    await rounds.finish(false);
    await waitFor(() => rounds.started === 3, { what: 'the round of the timer' });
    const stopped = loop.stop();
    await rounds.finish(true);
    await stopped;
    expect(rounds.started).toBe(3);
  });

  it('stops at once while it sleeps', async () => {
    const loop = new PollingLoop(() => Promise.resolve(false), { everyMs: HOUR, spacingMs: 0 });
    loop.start();
    await loop.stop();
  });
});
