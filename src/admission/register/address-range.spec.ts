import { isAddressRange } from './address-range.js';

describe('isAddressRange', () => {
  it.each(['10.0.0.0/8', '0.0.0.0/0', '192.0.2.7', '192.0.2.7/32', '2001:db8::/32', '::/0', '::1', '::ffff:1.2.3.4/128'])(
    'takes %s',
    (text) => expect(isAddressRange(text)).toBe(true),
  );

  it.each([
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '2001:db8::1/32',
    '::/129',
    'fe80::1%eth0',
    '',
    'x',
    7,
    null,
  ])('refuses %j', (text) => expect(isAddressRange(text)).toBe(false));
});
