import { setImmediate as nextTurn } from 'node:timers/promises';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';

interface Batch {
  readonly items: readonly number[];
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
}

/** Records the batches; each ends when the test says so. An item's result is ten times the item. */
function batcher(options: Partial<GroupCommitOptions<number, number>> = {}): {
  batches: Batch[];
  group: GroupCommit<number, number>;
} {
  const batches: Batch[] = [];
  const run = (items: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, fail) => batches.push({ items, fail, succeed: () => resolve(items.map((item) => item * 10)) }));
  return { batches, group: new GroupCommit({ run, maxItems: 100, ...options }) };
}

const itemsOf = (batches: readonly Batch[]): (readonly number[])[] => batches.map(({ items }) => items);
const addAll = (group: GroupCommit<number, number>, items: readonly number[]): Promise<number>[] =>
  items.map((item) => group.add(item));

describe('a group commit', () => {
  it('starts a lone item at once', () => {
    const { batches, group } = batcher();
    void group.add(1);
    expect(itemsOf(batches)).toEqual([[1]]);
  });

  it('makes one batch, in their order, of what arrives while another runs, and gives each item its result', async () => {
    const { batches, group } = batcher();
    const results = addAll(group, [1, 2, 3, 4]);
    expect(itemsOf(batches)).toEqual([[1]]);
    batches[0]!.succeed();
    await results[0];
    await nextTurn();
    expect(itemsOf(batches)).toEqual([[1], [2, 3, 4]]);
    batches[1]!.succeed();
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40]);
  });

  it('makes one batch of what arrives in one turn of the event loop when it is to gather', async () => {
    const { batches, group } = batcher({ gather: () => nextTurn() });
    void Promise.all(addAll(group, [1, 2, 3]));
    expect(batches).toEqual([]);
    await nextTurn();
    await nextTurn();
    expect(itemsOf(batches)).toEqual([[1, 2, 3]]);
  });

  it('starts what was gathered when gathering fails', async () => {
    const { batches, group } = batcher({ gather: () => Promise.reject(new Error('no timer')) });
    void group.add(1);
    await nextTurn();
    expect(itemsOf(batches)).toEqual([[1]]);
  });

  it('divides what waits into batches of the largest size, one after the other', async () => {
    const { batches, group } = batcher({ maxItems: 2 });
    const results = addAll(group, [1, 2, 3, 4, 5, 6]);
    for (const size of [1, 2, 2, 1]) {
      expect(batches.at(-1)!.items).toHaveLength(size);
      batches.at(-1)!.succeed();
      await nextTurn();
    }
    expect(itemsOf(batches)).toEqual([[1], [2, 3], [4, 5], [6]]);
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('runs as many batches at a time as its concurrency allows', async () => {
    const { batches, group } = batcher({ concurrency: 2 });
    void Promise.all(addAll(group, [1, 2, 3, 4]));
    expect(itemsOf(batches)).toEqual([[1], [2]]);
    batches[1]!.succeed();
    await nextTurn();
    expect(itemsOf(batches)).toEqual([[1], [2], [3, 4]]);
  });

  it('gives a failure to every item of the batch, and goes on with the next one', async () => {
    const { batches, group } = batcher();
    const first = group.add(1);
    const others = addAll(group, [2, 3]);
    batches[0]!.succeed();
    await first;
    await nextTurn();
    const last = group.add(4);
    batches[1]!.fail(new Error('deadlock'));
    expect(await Promise.allSettled(others)).toEqual([
      { status: 'rejected', reason: new Error('deadlock') },
      { status: 'rejected', reason: new Error('deadlock') },
    ]);
    await nextTurn();
    batches[2]!.succeed();
    expect(await last).toBe(40);
  });

  it('runs items one by one, in their order, after a failure that is the fault of one of them', async () => {
    const runs: (readonly number[])[] = [];
    const run = (items: readonly number[]): Promise<readonly number[]> => {
      runs.push(items);
      return items.includes(2) ? Promise.reject(new Error('bad row')) : Promise.resolve(items);
    };
    const group = new GroupCommit({ run, maxItems: 100, gather: () => nextTurn(), isFaultOfOneItem: () => true });
    const results = await Promise.allSettled(addAll(group, [1, 2, 3]));
    expect(runs).toEqual([[1, 2, 3], [1], [2], [3]]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails a batch whose results do not match its items', async () => {
    const group = new GroupCommit<number, number>({ run: () => Promise.resolve([]), maxItems: 100 });
    await expect(group.add(1)).rejects.toThrow('A batch of 1 items has 0 results');
  });

  it('keeps the newest of the waiting items with one key, and settles the older ones at once', async () => {
    const { batches, group } = batcher({ newest: { keyOf: (item) => String(item % 10), replaced: -1 } });
    const results = addAll(group, [1, 11, 2, 21]);
    expect(await results[1]).toBe(-1);
    batches[0]!.succeed();
    expect(await results[0]).toBe(10);
    await nextTurn();
    expect(itemsOf(batches)).toEqual([[1], [21, 2]]);
    const next = group.add(31);
    batches[1]!.succeed();
    expect(await Promise.all(results)).toEqual([10, -1, 20, 210]);
    await nextTurn();
    batches[2]!.succeed();
    expect(await next).toBe(310);
  });

  it('is drained when the last batch has ended, whether it failed or not', async () => {
    const { batches, group } = batcher();
    const results = Promise.allSettled(addAll(group, [1, 2]));
    let isDrained = false;
    const drained = group.drained().then(() => (isDrained = true));
    batches[0]!.succeed();
    await nextTurn();
    expect(isDrained).toBe(false);
    batches[1]!.fail(new Error('outage'));
    await drained;
    await results;
    await group.drained();
  });
});
