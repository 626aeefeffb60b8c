import { PeerComplaints } from './peer-complaints.js';

const MINUTE = 60_000;
let now: number;

beforeEach(() => {
  now = 0;
});

function complaints(linesAMinute: number, peersRemembered?: number): PeerComplaints {
  return new PeerComplaints(linesAMinute, () => now, peersRemembered);
}

describe('PeerComplaints', () => {
  it('admit so many lines about one peer, and count the others', () => {
    const limiter = complaints(3);
    expect([1, 2, 3, 4, 5].map(() => limiter.admit(['a']))).toEqual([true, true, true, false, false]);
    expect(limiter.takeLeftOut()).toEqual([]);
    now = MINUTE;
    expect(limiter.takeLeftOut()).toEqual([{ peer: 'a', count: 2 }]);
    expect(limiter.takeLeftOut()).toEqual([]);
    expect(limiter.isEmpty).toBe(true);
  });

  it('begin anew after a minute, not before', () => {
    const limiter = complaints(1);
    expect(limiter.admit(['a'])).toBe(true);
    now = MINUTE - 1;
    expect(limiter.admit(['a'])).toBe(false);
    now = MINUTE;
    expect(limiter.admit(['a'])).toBe(true);
  });

  it('say nothing of a peer of which nothing was left out', () => {
    const limiter = complaints(1);
    limiter.admit(['a']);
    now = MINUTE;
    expect(limiter.takeLeftOut()).toEqual([]);
  });

  it('keep peers apart, and limit a line by each of its peers', () => {
    const limiter = complaints(2);
    expect(limiter.admit(['address', 'one'])).toBe(true);
    expect(limiter.admit(['address', 'two'])).toBe(true);
    expect(limiter.admit(['address', 'three'])).toBe(false);
    expect(limiter.admit(['elsewhere', 'three'])).toBe(true);
    expect(limiter.admit(['elsewhere', 'one'])).toBe(true);
    expect(limiter.admit(['third place', 'one'])).toBe(false);
  });

  it('remember a bounded number of peers, and still tell what was left out about one that is forgotten', () => {
    const limiter = complaints(1, 100);
    limiter.admit(['first']);
    limiter.admit(['first']);
    for (let index = 0; index < 10_000; index++) {
      limiter.admit([`peer ${index}`]);
    }
    expect(limiter.takeLeftOut()).toEqual([{ peer: 'first', count: 1 }]);
    expect((limiter as unknown as { windows: Map<string, unknown> }).windows.size).toBe(100);
  });
});
