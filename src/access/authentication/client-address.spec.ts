import { networkOf } from './client-address.js';

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('gives for %s %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('distinguishes networks whose zeros are in different places', () => {
    expect(networkOf('2001::2:3:4:5:6:7')).toBe('2001:0:2:3::/64');
  });
});
