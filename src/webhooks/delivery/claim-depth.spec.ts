import { ClaimDepth } from './claim-depth.js';

const EVERYTHING = 2_147_483_647;

let nowMs: number;
let depth: ClaimDepth;

beforeEach(() => {
  nowMs = 0;
  depth = new ClaimDepth(() => nowMs);
});

/** A claim that takes `tookMs` and finds deliveries at these places. Returns how many it was to look at. */
async function claim(places: readonly number[], tookMs = 0, limit = 64): Promise<number> {
  let bound = 0;
  const claimed = await depth.run(limit, (lookedAt) => {
    bound = lookedAt;
    nowMs += tookMs;
    return Promise.resolve(places.map((placeInLine) => ({ placeInLine })));
  });
  expect(claimed.map(({ placeInLine }) => placeInLine)).toEqual(places);
  return bound;
}

describe('the depth of a claim', () => {
  it('is everything in a tenth of the time, and else four for each delivery that may be claimed', async () => {
    expect(await claim([1, 2], 10)).toBe(EVERYTHING);
    nowMs += 89;
    expect(await claim([1, 2])).toBe(256);
    expect(await claim([1, 2], 0, 10)).toBe(40);
    nowMs += 1;
    expect(await claim([1, 2], 100)).toBe(EVERYTHING);
    nowMs += 899;
    expect(await claim([1, 2])).toBe(256);
  });

  it('is twice as far as the last claim has found something, so that devices that wait hide no others', async () => {
    expect(await claim([3, 5_000], 1_000)).toBe(EVERYTHING);
    expect(await claim([4_000, 5_064])).toBe(10_000);
    expect(await claim([])).toBe(10_128);
    expect(await claim([7])).toBe(10_128);
    expect(await claim([7])).toBe(256);
  });

  it('stays as it is when a claim fails', async () => {
    await expect(depth.run(64, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    expect(await claim([5_000], 10)).toBe(EVERYTHING);
    await expect(depth.run(64, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    expect(await claim([])).toBe(10_000);
  });
});
