import { preferredWaitSeconds } from './preferred-wait.js';

describe('Prefer: wait', () => {
  it.each([
    ['wait=0', 0],
    ['wait=1', 1],
    ['wait=30', 30],
    ['wait=31', 30],
    ['wait=99999999999999999999999999', 30],
    ['wait=007', 7],
    ['WAIT=5', 5],
    ['Wait = 5', 5],
    ['wait="5"', 5],
    ['wait=5;foo', 5],
    ['wait=5; foo=bar ; baz="a, wait=9"', 5],
    ['respond-async, wait=10', 10],
    ['respond-async,wait=10 , handling=lenient', 10],
    ['foo="wait=3, \\" wait=4", wait=5', 5],
    [', ,wait=5,', 5],
    ['wait=5, wait=6', 5],
  ])('reads %s as %d s', (header, seconds) => {
    expect(preferredWaitSeconds(header)).toBe(seconds);
  });

  it.each([
    [undefined],
    [''],
    ['wait'],
    ['wait='],
    ['wait=""'],
    ['wait=soon'],
    ['wait=-1'],
    ['wait=1.5'],
    ['wait=1e1'],
    ['wait="5'],
    ['wait=5 6'],
    ['waits=5'],
    ['respond-async'],
    ['foo;wait=5'],
    ['=, wait=5'],
    ['wait=soon, wait=5'],
  ])('does not wait for %s', (header) => {
    expect(preferredWaitSeconds(header)).toBeNull();
  });

  it.each([
    ['commas', ','],
    ['blanks', ' '],
    ['parameters', 'a;'],
    ['quotes', '"\\'],
    ['preferences', 'a=b,'],
  ])('reads a long header of %s without a quadratic search', (_name, part) => {
    const header = part.repeat(200_000 / part.length);
    const begun = performance.now();
    for (const text of [header, `x${header}`, `x;${header}`, `x;${header}"`, `x;y=${header}"`]) {
      preferredWaitSeconds(text);
    }
    // It takes some milliseconds; a machine that is busy with other tests may stop for longer.
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
