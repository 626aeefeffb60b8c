import { addressMatcher, areAddressBlocks } from './variables.js';

describe('addressMatcher', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.1.2.3/8', '10.0.0.1', '9.255.255.255'],
    ['192.168.0.1', '192.168.0.1', '192.168.0.2'],
    ['192.168.0.1/32', '192.168.0.1', '192.168.0.0'],
    ['0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
    ['::1', '::1', '::2'],
    ['10.0.0.0/8', '::ffff:10.1.2.3', '::ffff:11.1.2.3'],
    ['::ffff:10.0.0.0/104', '10.1.2.3', '11.1.2.3'],
    ['10.0.0.0/8, 2001:db8::/32 ,192.168.0.1', '192.168.0.1', '192.168.0.2'],
    ['10.0.0.0/8, 2001:db8::/32 ,192.168.0.1', '2001:db8::1', '172.16.0.1'],
  ])('of %s matches %s and not %s', (list, inside, outside) => {
    expect(areAddressBlocks(list)).toBe(true);
    const matches = addressMatcher(list);
    expect(matches(inside)).toBe(true);
    expect(matches(outside)).toBe(false);
  });

  it.each(['', ' , '])('of %j matches nothing', (list) => {
    expect(addressMatcher(list)('127.0.0.1')).toBe(false);
  });

  it.each(['', 'nonsense', '10.0.0', 'fe80::1%eth0'])('does not match %j', (address) => {
    expect(addressMatcher('10.0.0.0/8,2001:db8::/32')(address)).toBe(false);
  });
});

describe('areAddressBlocks', () => {
  it.each([
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '/8',
    'balancer',
    '10.0.0.0/8/8',
    'fe80::%eth0/64',
  ])('rejects a list with %s', (block) => {
    expect(areAddressBlocks(`127.0.0.1, ${block}`)).toBe(false);
  });
});
