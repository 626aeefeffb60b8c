import { FrameThrottle, RateLimiter } from './rate-limiter.js';

describe('RateLimiter', () => {
  it('allows each key up to the limit per second, and again in the next second', () => {
    const limiter = new RateLimiter(2);
    expect(['a', 'a', 'a', 'b'].map((key) => limiter.take(key, 5_000))).toEqual([true, true, false, true]);
    expect([limiter.take('a', 5_999), limiter.take('a', 6_000)]).toEqual([false, true]);
  });

  it('has no limit at 0', () => {
    const limiter = new RateLimiter(0);
    expect(Array.from({ length: 1_000 }, () => limiter.take('a', 5_000))).not.toContain(false);
  });
});

describe('FrameThrottle', () => {
  it('passes frames up to the limit per second, and delays the next one to the next second', () => {
    const throttle = new FrameThrottle(2);
    expect([throttle.take(5_000), throttle.take(5_100), throttle.take(5_200)]).toEqual([0, 0, 800]);
    expect([throttle.take(6_000), throttle.take(6_001)]).toEqual([0, 999]);
  });

  it('starts again after a second that was within the limit', () => {
    const throttle = new FrameThrottle(1);
    expect([throttle.take(5_000), throttle.take(6_000), throttle.take(60_000)]).toEqual([0, 0, 0]);
  });

  it('has no limit at 0', () => {
    const throttle = new FrameThrottle(0);
    expect(Array.from({ length: 1_000 }, () => throttle.take(5_000))).toEqual(Array.from({ length: 1_000 }, () => 0));
  });
});
