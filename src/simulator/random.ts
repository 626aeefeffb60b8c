/** Returns the next number of a sequence, from 0 up to, not including, 1. */
export type Random = () => number;

const WARM_UP_ROUNDS = 12;

/**
 * A repeatable sequence (sfc32) for one purpose of one device. The same seed, index and purpose give the same numbers: the numbers that
 * one device or one fault draws do not change those of another.
 */
export function createRandom(seed: number, index: number, purpose: string): Random {
  let a = seed >>> 0;
  let b = index >>> 0;
  let c = hashText(purpose);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    next();
  }
  return next;
}

/** A number from `low` up to, not including, `high`. */
export function drawBetween(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}

/** A whole number from `low` to `high`, both included. */
export function drawInteger(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
