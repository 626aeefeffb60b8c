import { UrgentPace } from './urgent-pace.js';

describe('the pace of urgent rounds', () => {
  it('lets the first one begin at once, and the next one 20 ms after a short one', () => {
    const pace = new UrgentPace();
    expect(pace.nextAt).toBe(0);
    pace.ended(1_000, 2);
    expect(pace.nextAt).toBe(1_020);
  });

  it.each([3, 10, 250, 4_000])('gives rounds of %d ms a tenth of the time', (roundMs) => {
    const pace = new UrgentPace();
    let now = 0;
    for (let round = 0; round < 100; round++) {
      now = Math.max(now, pace.nextAt) + roundMs;
      pace.ended(now, roundMs);
    }
    expect((100 * roundMs) / pace.nextAt).toBeCloseTo(0.1);
  });

  it('shortens the gap as soon as the rounds are short again', () => {
    const pace = new UrgentPace();
    pace.ended(1_000, 400);
    expect(pace.nextAt).toBe(4_600);
    pace.ended(4_601, 1);
    expect(pace.nextAt).toBe(4_621);
  });
});
