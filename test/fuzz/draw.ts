import { createRandom, drawInteger, type Random } from '../../src/simulator/random.js';
import { uint } from '../support/frames.js';

/** Numbers at which lengths and counts have gone wrong before. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 127, 128, 254, 255, 256, 1_279, 1_280, 16_372, 16_384, 32_767, 65_535, 0x7fffffff, 0x80000000,
];
const ALL_ONES = 0xffffffff;

/** All that one case draws, in one sequence of its own: a case can be made again without those before it. */
export class Draw {
  private readonly random: Random;

  constructor(seed: number, caseNumber: number) {
    this.random = createRandom(seed, caseNumber, 'fuzz');
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return drawInteger(this.random, low, high);
  }

  /** Once in `times`. */
  once(times: number): boolean {
    return this.integer(1, times) === 1;
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[this.integer(0, choices.length - 1)];
    if (choice === undefined) {
      throw new Error('there is nothing to choose from');
    }
    return choice;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.integer(0, 255)));
  }

  /** A number for a field of that width: at an edge, near `usual`, or any. */
  field(width: number, usual: number): Buffer {
    const value = this.of([
      () => this.of([...EDGES, ALL_ONES]),
      () => usual + this.integer(-2, 2),
      () => this.integer(0, 2 ** (8 * Math.min(width, 4)) - 1),
    ])();
    return uint(value, width);
  }
}
