import { iccid, networkOperator } from './composite-values.js';

describe('iccid', () => {
  it('gives the ICCID of the codec 8 Extended example, whose second part has nine digits', () => {
    expect(iccid(0x3544c87an, 0x1dd7e06an)).toBe('8937002180500686954');
  });

  it('pads the second part to ten digits and cuts nothing', () => {
    expect(iccid(893700218n, 0n)).toBe('8937002180000000000');
    expect(iccid(893700218n, 9_999_999_999n)).toBe('8937002189999999999');
    expect(iccid(8937002181n, 12_345_678_901n)).toBe('893700218112345678901');
  });
});

describe('networkOperator', () => {
  it('has networks of two and of three digits', () => {
    expect(networkOperator(24_602)).toEqual({ mcc: '246', mnc: '02' });
    expect(networkOperator(310_410)).toEqual({ mcc: '310', mnc: '410' });
    expect(networkOperator(310_004)).toEqual({ mcc: '310', mnc: '004' });
  });

  it.each([0, 246, 9_999, 1_000_000, 4_294_967_295])('is null for %i', (value) => {
    expect(networkOperator(value)).toBeNull();
  });
});
