import { jest } from '@jest/globals';
import { LoginRate } from './login-rate.js';

/** In the order in which it was their turn. */
let turns: string[];

function enter(rate: LoginRate, address: string, name = address): (() => void) | undefined {
  const place = rate.enter(address);
  if (!place) {
    turns.push(name);
    return undefined;
  }
  void place.taken.then((taken) => taken && turns.push(name));
  return () => place.giveUp();
}

beforeEach(() => {
  turns = [];
  jest.useFakeTimers({ advanceTimers: false });
});
afterEach(() => jest.useRealTimers());

describe('LoginRate', () => {
  it('lets so many in at once, and then so many a second', async () => {
    const rate = new LoginRate(10);
    for (let index = 1; index <= 25; index++) {
      enter(rate, 'a');
    }
    expect(turns).toHaveLength(10);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(turns).toHaveLength(20);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(turns).toHaveLength(25);
  });

  it('lets the addresses take turns, so that a flood from one holds up itself', async () => {
    const rate = new LoginRate(2);
    ['a', 'a'].forEach((address) => enter(rate, address));
    for (let index = 1; index <= 100; index++) {
      enter(rate, 'flood');
    }
    enter(rate, 'b');
    enter(rate, 'c');
    await jest.advanceTimersByTimeAsync(2_100);
    expect(turns).toEqual(['a', 'a', 'flood', 'b', 'c', 'flood']);
  });

  it('spends nothing on those that leave the line, and keeps no timer without a line', async () => {
    const rate = new LoginRate(1);
    enter(rate, 'a', 'first');
    const leave = enter(rate, 'a', 'gone');
    enter(rate, 'a', 'second');
    leave?.();
    leave?.();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(turns).toEqual(['first', 'second']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has no bound at 0', () => {
    const rate = new LoginRate(0);
    for (let index = 0; index < 1_000; index++) {
      enter(rate, 'a');
    }
    expect(turns).toHaveLength(1_000);
  });
});
