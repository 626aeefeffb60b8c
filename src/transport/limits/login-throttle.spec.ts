import { jest } from '@jest/globals';
import { LoginThrottle } from './login-throttle.js';

/** The logins that were granted, in order. */
let granted: string[];

function throttleOf(perSecond: number): LoginThrottle {
  return new LoginThrottle(perSecond, (address) => address);
}

/** Returns a function that cancels the login, where it had to wait. */
function enter(throttle: LoginThrottle, address: string, name = address): (() => void) | undefined {
  const ticket = throttle.enter(address);
  if (!ticket) {
    granted.push(name);
    return undefined;
  }
  void ticket.granted.then((wasGranted) => wasGranted && granted.push(name));
  return () => ticket.cancel();
}

beforeEach(() => {
  granted = [];
  jest.useFakeTimers({ advanceTimers: false });
});
afterEach(() => jest.useRealTimers());

describe('LoginThrottle', () => {
  it('grants one second of logins immediately, and the others at the rate', async () => {
    const throttle = throttleOf(10);
    for (let index = 1; index <= 25; index++) {
      enter(throttle, 'a');
    }
    expect(granted).toHaveLength(10);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(granted).toHaveLength(20);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(granted).toHaveLength(25);
  });

  it('serves the addresses in turn, so that a flood from one delays only itself', async () => {
    const throttle = throttleOf(2);
    ['a', 'a'].forEach((address) => enter(throttle, address));
    for (let index = 1; index <= 100; index++) {
      enter(throttle, 'flood');
    }
    enter(throttle, 'b');
    enter(throttle, 'c');
    await jest.advanceTimersByTimeAsync(2_100);
    expect(granted).toEqual(['a', 'a', 'flood', 'b', 'c', 'flood']);
  });

  it('spends nothing on cancelled tickets, and stops its timer when the queues are empty', async () => {
    const throttle = throttleOf(1);
    enter(throttle, 'a', 'first');
    const cancel = enter(throttle, 'a', 'cancelled');
    enter(throttle, 'a', 'second');
    cancel?.();
    cancel?.();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(granted).toEqual(['first', 'second']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has no limit at 0', () => {
    const throttle = throttleOf(0);
    for (let index = 0; index < 1_000; index++) {
      enter(throttle, 'a');
    }
    expect(granted).toHaveLength(1_000);
  });
});
