import { isImei, packImei, unpackImei } from './imei.js';

describe('an IMEI', () => {
  it.each(['352093081452251', '000000000000000', '999999999999999'])('is %s', (text) => {
    expect(isImei(text)).toBe(true);
  });

  it.each(['', '35209308145225', '3520930814522510', '35209308145225a', ' 52093081452251', '35209308145225\n'])(
    'is not %j',
    (text) => {
      expect(isImei(text)).toBe(false);
    },
  );

  it('is packed into eight bytes with a leading zero, as documented', () => {
    expect(packImei('352093081452251')).toEqual(Buffer.of(0x03, 0x52, 0x09, 0x30, 0x81, 0x45, 0x22, 0x51));
    expect(unpackImei(packImei('352093081452251'), 0)).toBe('352093081452251');
  });

  it('keeps its leading zeros', () => {
    expect(unpackImei(packImei('000000000000001'), 0)).toBe('000000000000001');
  });
});
