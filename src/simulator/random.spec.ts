import { createRandom, drawBetween, drawInteger } from './random.js';

function numbers(seed: number, index: number, purpose: string): number[] {
  const random = createRandom(seed, index, purpose);
  return Array.from({ length: 20 }, () => random());
}

describe('createRandom', () => {
  it('gives the same sequence for the same seed, index and purpose', () => {
    expect(numbers(7, 3, 'ride')).toEqual(numbers(7, 3, 'ride'));
  });

  it('gives another sequence for another seed, index or purpose', () => {
    const one = numbers(7, 3, 'ride');
    for (const other of [numbers(8, 3, 'ride'), numbers(7, 4, 'ride'), numbers(7, 3, 'split')]) {
      expect(other.filter((value, i) => value === one[i])).toEqual([]);
    }
  });

  it('is distributed evenly from 0 to 1', () => {
    const random = createRandom(1, 0, 'ride');
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      tenths[Math.floor(random() * 10)]! += 1;
    }
    for (const count of tenths) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1150);
    }
  });

  it('gives whole numbers with both ends and fractions between the ends', () => {
    const random = createRandom(1, 0, 'draws');
    const drawn = new Set(Array.from({ length: 200 }, () => drawInteger(random, -1, 2)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
    const between = Array.from({ length: 200 }, () => drawBetween(random, 5, 6));
    expect(between.every((value) => value >= 5 && value < 6)).toBe(true);
  });
});
