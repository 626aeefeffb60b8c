import { isTopicName, RefusedTopics } from './refused-topics.js';

const REMEMBERED_FOR_MS = 600_000;

describe('refused topics', () => {
  it('are remembered for ten minutes after the last refusal', () => {
    let now = 0;
    const topics = new RefusedTopics(() => now);
    topics.add('a');
    now = 1;
    topics.add('b');
    now = 2;
    topics.add('a');
    now = REMEMBERED_FOR_MS;
    expect([topics.has('a'), topics.has('b'), topics.has('c')]).toEqual([true, true, false]);
    now = REMEMBERED_FOR_MS + 1;
    expect([topics.has('a'), topics.has('b')]).toEqual([true, false]);
    now = REMEMBERED_FOR_MS + 2;
    expect(topics.has('a')).toBe(false);
  });

  it('are at most 1,000: the oldest refusal is dropped', () => {
    const topics = new RefusedTopics(() => 0);
    const names = Array.from({ length: 1_000 }, (_each, index) => `topic/${index}`);
    names.forEach((name) => topics.add(name));
    topics.add(names[0]!);
    expect(names.every((name) => topics.has(name))).toBe(true);
    topics.add('one more');
    expect(names.filter((name) => !topics.has(name))).toEqual([names[1]]);
  });
});

describe('a topic name', () => {
  it.each(['reply', 'reply/dispatcher', '/', ' ', '$SYS/x', '/'.repeat(199)])('can be %j', (topic) =>
    expect(isTopicName(topic)).toBe(true),
  );
  it.each(['', '#', 'reply/#', '+', 'reply/+/x', 'a+b', 'a\0', '/'.repeat(200)])('cannot be %j', (topic) =>
    expect(isTopicName(topic)).toBe(false),
  );
});
