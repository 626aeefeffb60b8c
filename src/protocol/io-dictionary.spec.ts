import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findIoElement, fitsDefinition, IO_ELEMENTS, isSignedIo } from './io-dictionary.js';

const GENERATOR = fileURLToPath(new URL('../../scripts/generate-io-dictionary.mjs', import.meta.url));
const GENERATED = fileURLToPath(new URL('./io-dictionary.generated.ts', import.meta.url));

it('the generated dictionary is what `npm run dictionary` would write today', () => {
  const wouldWrite = execFileSync(process.execPath, [GENERATOR, '--stdout'], { encoding: 'utf8' });
  expect(readFileSync(GENERATED, 'utf8')).toBe(wouldWrite);
});

describe('the dictionary', () => {
  it('has each id once, in order, and only ids of two bytes', () => {
    const ids = IO_ELEMENTS.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    expect(ids[0]).toBeGreaterThan(0);
    expect(ids.at(-1)).toBeLessThan(0x1_0000);
  });

  it('has 834 ids, 558 of them a TFT100’s', () => {
    expect(IO_ELEMENTS).toHaveLength(834);
    expect(IO_ELEMENTS.filter(({ tft100 }) => tft100)).toHaveLength(558);
  });

  it('defines an id', () => {
    expect(findIoElement(66)).toEqual({
      id: 66,
      name: 'External Voltage',
      width: 2,
      variable: false,
      type: 'unsigned',
      multiplier: 0.001,
      unit: 'V',
      values: null,
      errors: null,
      doubts: null,
      otherWidths: [],
      minDigits: null,
      group: 'Permanent I/O elements',
      tft100: true,
      differsBetweenFamilies: true,
    });
  });

  it('names values', () => {
    expect(findIoElement(69)?.values?.['2']).toBe('on, no fix');
  });

  it('has no multiplier where the table of Teltonika is blank', () => {
    expect([800, 839, 840].map((id) => findIoElement(id)?.multiplier)).toEqual([null, null, null]);
  });

  it('has VIN once, which the tables list twice', () => {
    expect(findIoElement(256)).toMatchObject({ name: 'VIN', type: 'ascii', multiplier: null });
  });

  it('corrects 387: hex in the tables, text on the wiki', () => {
    expect(findIoElement(387)).toMatchObject({ name: 'ISO6709 Coordinates', type: 'ascii', variable: true });
  });

  it('returns null for an unknown id', () => {
    expect([0, 65_535, -1, 0.5, NaN].map(findIoElement)).toEqual([null, null, null, null, null]);
  });

  it('has a width for every number, and signed values only for numbers', () => {
    const numbers = IO_ELEMENTS.filter(({ variable }) => !variable);
    expect(numbers.filter(({ width }) => ![1, 2, 4, 8].includes(width ?? 0))).toEqual([]);
    expect(IO_ELEMENTS.filter(({ type, variable }) => type === 'signed' && variable)).toEqual([]);
  });
});

describe('fitsDefinition', () => {
  const bytes = Buffer.alloc(4);
  it.each<[string, number, number, number | bigint | Buffer, boolean]>([
    ['the documented width', 66, 2, 1, true],
    ['a wider one', 66, 4, 1, false],
    ['a narrower one', 66, 1, 1, false],
    ['variable instead of fixed', 66, 4, bytes, false],
    ['variable as documented', 389, 4, bytes, true],
    ['fixed instead of variable', 389, 4, 1, false],
    ['16 bytes', 78, 16, Buffer.alloc(16), false],
    ['an identifier in a shorter group', 78, 4, 1, true],
    ['a cell id of an LTE network', 205, 4, 1, true],
    ['an id without a definition', 60_000, 8, 1n, true],
    ['such an id with variable width', 60_000, 4, bytes, true],
  ])('decides about %s', (_what, id, width, value, fits) => expect(fitsDefinition({ id, width, value })).toBe(fits));
});

describe('isSignedIo', () => {
  it('returns for every id what its definition says', () => {
    const signed = Array.from({ length: 0x1_0000 }, (_, id) => id).filter(isSignedIo);
    expect(signed).toEqual(IO_ELEMENTS.filter(({ type }) => type === 'signed').map(({ id }) => id));
    expect(signed).toEqual(expect.arrayContaining([17, 18, 19, 25, 72]));
  });

  it('returns false for unknown ids', () => {
    expect([-1, 0x1_0000, 17.5, NaN].map(isSignedIo)).toEqual([false, false, false, false]);
  });
});
