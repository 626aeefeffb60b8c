import { BEGINNING } from '../event-cursor.js';
import { CatchUp, type CatchUpOptions } from './catch-up.js';
import { type EventStream } from './event-stream.js';
import { TimedReadings } from '../timed-readings.js';

const PAGES = 32;
const PAGES_OF_KEY = 8;

/** A stream whose client takes its page when the test says so. */
class SlowStream {
  isOpen = true;
  readonly position = BEGINNING;
  pages = 0;
  private take: () => void = () => undefined;

  sendPassing(): void {
    this.pages++;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => (this.take = resolve));
  }

  close(): void {
    this.isOpen = false;
    this.take();
  }
}

const options = {
  repository: { readAfter: () => Promise.resolve({ rows: [], hasMore: true }), requireKept: () => Promise.resolve() },
  readings: new TimedReadings(),
  tail: { recent: null },
  beforeReading: () => Promise.resolve(),
} as unknown as CatchUpOptions;

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('streams that catch up', () => {
  let catchUp: CatchUp;
  let streams: SlowStream[];

  beforeEach(() => {
    catchUp = new CatchUp(options);
    streams = [];
  });

  afterEach(() => streams.forEach((stream) => stream.close()));

  async function bring(key: string, count: number): Promise<SlowStream[]> {
    const begun = Array.from({ length: count }, () => new SlowStream());
    streams.push(...begun);
    begun.forEach((stream) => void catchUp.bring(stream as unknown as EventStream, key));
    await settled();
    return begun;
  }

  const withPage = (of: readonly SlowStream[]): number => of.filter(({ pages }) => pages > 0).length;

  it('of one key have a limited number of pages that their clients have not taken, and do not hold up another key', async () => {
    const slow = await bring('a', PAGES_OF_KEY + 2);
    const other = await bring('b', 1);
    expect([withPage(slow), withPage(other)]).toEqual([PAGES_OF_KEY, 1]);
    slow[0]!.close();
    await settled();
    expect(withPage(slow)).toBe(PAGES_OF_KEY + 1);
  });

  it('of all keys have a limited number of pages too', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await bring(key, PAGES_OF_KEY);
    }
    expect(withPage(streams)).toBe(PAGES);
  });
});
