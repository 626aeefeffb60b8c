import fc from 'fast-check';
import { iccid, signedIoValue, toSigned, toUnsigned } from './io-value.js';

describe('signedIoValue', () => {
  it('applies the sign that the dictionary defines', () => {
    expect(signedIoValue({ id: 17, width: 2, value: 0xfc18 })).toBe(-1000);
    expect(signedIoValue({ id: 17, width: 2, value: 29 })).toBe(29);
  });

  it('uses the width that was sent, not that of the dictionary', () => {
    expect(signedIoValue({ id: 17, width: 1, value: 0xff })).toBe(-1);
    expect(signedIoValue({ id: 17, width: 4, value: 0xffff })).toBe(65_535);
    expect(signedIoValue({ id: 17, width: 8, value: 2n ** 64n - 2n })).toBe(-2n);
  });

  it('returns unsigned ids, unknown ids and bytes unchanged', () => {
    const bytes = Buffer.of(0xff, 0xff);
    expect(signedIoValue({ id: 66, width: 2, value: 0xffff })).toBe(0xffff);
    expect(signedIoValue({ id: 60_000, width: 8, value: 2n ** 64n - 1n })).toBe(2n ** 64n - 1n);
    expect(signedIoValue({ id: 17, width: 2, value: bytes })).toBe(bytes);
  });
});

describe('two’s complement', () => {
  it.each([
    [1, 0x7f, 127],
    [1, 0x80, -128],
    [2, 0x7fff, 32_767],
    [2, 0x8000, -32_768],
    [4, 0x7fff_ffff, 2_147_483_647],
    [4, 0x8000_0000, -2_147_483_648],
    [8, 0x8000_0000_0000_0000n, -(2n ** 63n)],
  ])('in %i bytes reads %d as %d', (width, unsigned, signed) => {
    expect(toSigned(unsigned, width)).toBe(signed);
    expect(toUnsigned(signed, width)).toBe(unsigned);
  });

  it('round-trips', () => {
    fc.assert(
      fc.property(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (narrow, wide) => {
        expect(toSigned(toUnsigned(narrow, 4), 4)).toBe(narrow);
        expect(toSigned(toUnsigned(wide, 8), 8)).toBe(wide);
      }),
      { seed: 1 },
    );
  });
});

describe('iccid', () => {
  it('gives the ICCID of the codec 8 Extended example, whose second part has nine digits', () => {
    expect(iccid(0x3544c87an, 0x1dd7e06an)).toBe('8937002180500686954');
  });

  it('pads the second part to ten digits, and does not shorten it', () => {
    expect(iccid(893700218n, 0n)).toBe('8937002180000000000');
    expect(iccid(893700218n, 9_999_999_999n)).toBe('8937002189999999999');
    expect(iccid(8937002181n, 12_345_678_901n)).toBe('893700218112345678901');
  });
});
