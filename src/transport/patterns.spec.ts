import { PendingAcknowledgement } from './patterns.js';

function listener() {
  const calls: unknown[] = [];
  return { calls, stored: (count: number) => void calls.push(count), failed: (error: unknown) => void calls.push(error) };
}

describe('PendingAcknowledgement', () => {
  it('notifies its listener when the records are stored, and when they are not', () => {
    const [stored, failed] = [listener(), listener()];
    const [first, second] = [new PendingAcknowledgement(), new PendingAcknowledgement()];
    first.notify(stored);
    second.notify(failed);
    expect([stored.calls, failed.calls]).toEqual([[], []]);
    const error = new Error('not stored');
    first.stored(3);
    second.failed(error);
    expect([stored.calls, failed.calls]).toEqual([[3], [error]]);
  });

  it('notifies a listener that comes after the outcome, once', () => {
    const [stored, failed] = [listener(), listener()];
    const [first, second] = [new PendingAcknowledgement(), new PendingAcknowledgement()];
    const error = new Error('not stored');
    first.stored(0);
    second.failed(error);
    first.notify(stored);
    second.notify(failed);
    expect([stored.calls, failed.calls]).toEqual([[0], [error]]);
  });

  it('has one outcome: an error behind an acknowledgement changes nothing, whenever the listener comes', () => {
    const [early, late] = [listener(), listener()];
    const [first, second] = [new PendingAcknowledgement(), new PendingAcknowledgement()];
    first.notify(early);
    for (const pending of [first, second]) {
      pending.stored(3);
      pending.failed(new Error('a fault after the commit'));
      pending.stored(4);
    }
    second.notify(late);
    expect([early.calls, late.calls]).toEqual([[3], [3]]);
  });

  it('gives its outcome as a promise', async () => {
    const [first, second] = [new PendingAcknowledgement(), new PendingAcknowledgement()];
    first.stored(2);
    const answers = [first.durable(), second.durable()];
    second.failed(new Error('not stored'));
    expect(await answers[0]).toBe(2);
    await expect(answers[1]).rejects.toThrow('not stored');
  });
});
