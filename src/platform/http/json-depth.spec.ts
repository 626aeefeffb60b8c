import { jsonDepth } from './request-limits.js';

describe('the depth of a JSON text', () => {
  it.each([
    ['7', 0],
    ['""', 0],
    ['[]', 1],
    ['{"a":{"b":[1,2]},"c":[]}', 3],
    ['[[],[],[[]]]', 3],
    [String.raw`{"a":"[[[\"[[[\\"}`, 1],
    ['{"☃":"[☃["}', 1],
    ['"[[[', 0],
    ['}}}[', 0],
  ])('of %s is %i', (json, depth) => {
    expect(jsonDepth(Buffer.from(json))).toBe(depth);
  });

  it('is counted without recursion', () => {
    expect(jsonDepth(Buffer.from('['.repeat(1_000_000)))).toBe(1_000_000);
  });
});
