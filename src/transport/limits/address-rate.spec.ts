import { AddressRate } from './address-rate.js';

describe('AddressRate', () => {
  it('allows each address so many in a second, and as many in the next', () => {
    const rate = new AddressRate(2);
    expect(['a', 'a', 'a', 'b'].map((address) => rate.take(address, 5_000))).toEqual([true, true, false, true]);
    expect([rate.take('a', 5_999), rate.take('a', 6_000)]).toEqual([false, true]);
  });

  it('has no bound at 0', () => {
    const rate = new AddressRate(0);
    expect(Array.from({ length: 1_000 }, () => rate.take('a', 5_000))).not.toContain(false);
  });
});
