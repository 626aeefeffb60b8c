import { FramePace } from './frame-pace.js';

describe('FramePace', () => {
  it('lets so many pass in a second, and the next one in the next', () => {
    const pace = new FramePace(2);
    expect([pace.take(5_000), pace.take(5_100), pace.take(5_200)]).toEqual([0, 0, 800]);
    expect([pace.take(6_000), pace.take(6_001)]).toEqual([0, 999]);
  });

  it('begins anew after a second without too many', () => {
    const pace = new FramePace(1);
    expect([pace.take(5_000), pace.take(6_000), pace.take(60_000)]).toEqual([0, 0, 0]);
  });

  it('has no bound at 0', () => {
    const pace = new FramePace(0);
    expect(Array.from({ length: 1_000 }, () => pace.take(5_000))).toEqual(Array.from({ length: 1_000 }, () => 0));
  });
});
