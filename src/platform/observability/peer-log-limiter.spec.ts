import { PeerLogLimiter } from './peer-log-limiter.js';

const MINUTE = 60_000;
let now: number;

beforeEach(() => {
  now = 0;
});

function limiterOf(linesAMinute: number, peersRemembered?: number): PeerLogLimiter {
  return new PeerLogLimiter(linesAMinute, () => now, peersRemembered);
}

describe('PeerLogLimiter', () => {
  it('admits a number of lines about one peer, and counts the others', () => {
    const limiter = limiterOf(3);
    expect([1, 2, 3, 4, 5].map(() => limiter.admit(['a']))).toEqual([true, true, true, false, false]);
    expect(limiter.takeLeftOut()).toEqual([]);
    now = MINUTE;
    expect(limiter.takeLeftOut()).toEqual([{ peer: 'a', count: 2 }]);
    expect(limiter.takeLeftOut()).toEqual([]);
    expect(limiter.isEmpty).toBe(true);
  });

  it('starts again after a minute, not before', () => {
    const limiter = limiterOf(1);
    expect(limiter.admit(['a'])).toBe(true);
    now = MINUTE - 1;
    expect(limiter.admit(['a'])).toBe(false);
    now = MINUTE;
    expect(limiter.admit(['a'])).toBe(true);
  });

  it('does not report a peer of which no line was left out', () => {
    const limiter = limiterOf(1);
    limiter.admit(['a']);
    now = MINUTE;
    expect(limiter.takeLeftOut()).toEqual([]);
  });

  it('counts each peer separately, and limits a line by each of its peers', () => {
    const limiter = limiterOf(2);
    expect(limiter.admit(['address', 'one'])).toBe(true);
    expect(limiter.admit(['address', 'two'])).toBe(true);
    expect(limiter.admit(['address', 'three'])).toBe(false);
    expect(limiter.admit(['elsewhere', 'three'])).toBe(true);
    expect(limiter.admit(['elsewhere', 'one'])).toBe(true);
    expect(limiter.admit(['third place', 'one'])).toBe(false);
  });

  it('remembers a bounded number of peers, and still reports what was left out about an evicted one', () => {
    const limiter = limiterOf(1, 100);
    limiter.admit(['first']);
    limiter.admit(['first']);
    for (let index = 0; index < 10_000; index++) {
      limiter.admit([`peer ${index}`]);
    }
    expect(limiter.takeLeftOut()).toEqual([{ peer: 'first', count: 1 }]);
    expect((limiter as unknown as { windows: Map<string, unknown> }).windows.size).toBe(100);
  });
});
