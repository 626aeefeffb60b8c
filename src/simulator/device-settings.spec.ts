import { deviceImei } from './device-settings.js';

describe('deviceImei', () => {
  it.each(['490154203237518', '356938035643809', '352093081452251'])('ends with the check digit of %s', (imei) => {
    expect(deviceImei(`${imei.slice(0, 14)}0`, 0)).toBe(imei);
  });

  it('counts up from the base', () => {
    expect([0, 1, 2].map((index) => deviceImei('350612000000000', index))).toEqual([
      '350612000000008',
      '350612000000016',
      '350612000000024',
    ]);
  });

  it('keeps leading zeros, and never has a sixteenth digit', () => {
    expect(deviceImei('000000000000000', 1)).toBe('000000000000018');
    expect(() => deviceImei('999999999999990', 1)).toThrow(RangeError);
  });
});
