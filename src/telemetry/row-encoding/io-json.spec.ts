import { type IoElement } from '../../protocol/avl-record.js';
import { elementJson, findOddities, odditiesJson } from './io-json.js';

const element = (id: number, width: number, value: number | bigint | Buffer): IoElement => ({ id, width, value });
const oddities = (...io: IoElement[]): unknown => {
  const found = findOddities(io);
  return found && JSON.parse(`{${odditiesJson(io, found).join(',')}}`);
};

describe('the JSON type of a value', () => {
  it.each<[string, IoElement, string]>([
    ['a number up to four bytes', element(25, 2, 0xff9c), '"25":-100'],
    ['text for an id of eight bytes', element(78, 8, 2n ** 64n - 1n), '"78":"18446744073709551615"'],
    ['text for such an id in four bytes too', element(78, 4, 7), '"78":"7"'],
    ['text for such an id with variable length too', element(78, 3, Buffer.of(1, 0, 0)), '"78":"65536"'],
    ['a number for an id of two bytes in eight', element(25, 8, 7n), '"25":7'],
    ['text where a number would lose digits', element(16, 8, 2n ** 53n), '"16":"9007199254740992"'],
    ['hex for bytes', element(331, 2, Buffer.of(0, 255)), '"331":"00ff"'],
    ['hex for 16 bytes', element(200, 16, Buffer.alloc(16, 0xab)), `"200":"${'ab'.repeat(16)}"`],
    ['a number for an unknown id', element(60_000, 4, 1), '"60000":1'],
    ['text for an unknown id of eight bytes', element(60_000, 8, 1n), '"60000":"1"'],
    ['a number where the definition has bytes', element(389, 4, 1), '"389":1'],
  ])('is %s', (_what, one, json) => expect(elementJson(one)).toBe(json));
});

describe('what is unusual about a record', () => {
  it('is nothing for an ordinary one, also after an unusual one', () => {
    expect(oddities(element(240, 1, 1), element(66, 2, 5))).toBeNull();
    expect(oddities(element(240, 1, 1), element(240, 1, 0))).not.toBeNull();
    expect(oddities(element(240, 1, 1), element(66, 2, 5), element(331, 3, Buffer.alloc(3)))).toBeNull();
    expect(oddities()).toBeNull();
  });

  it('is an id that occurs more than once, with all its values in order', () => {
    expect(oddities(element(240, 1, 1), element(25, 2, 5), element(240, 1, 0), element(240, 1, 1))).toEqual({ 240: [1, 0, 1] });
  });

  it('is a width that does not fit the definition', () => {
    expect(oddities(element(113, 4, 99), element(240, 1, 1), element(389, 4, 7))).toEqual({ widths: { 113: 4, 389: 4 } });
  });

  it('is both', () => {
    expect(oddities(element(25, 2, 5), element(25, 4, 6), element(113, 2, 9))).toEqual({
      25: [5, 6],
      widths: { 25: [2, 4], 113: 2 },
    });
  });
});
