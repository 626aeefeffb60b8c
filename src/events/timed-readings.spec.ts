import { jest } from '@jest/globals';
import { TimedReadings } from './timed-readings.js';

const GIVEN_UP_MS = 10_000;

describe('TimedReadings', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('passes on the answer, and the error', async () => {
    const readings = new TimedReadings();
    expect(await readings.run(() => Promise.resolve(7))).toBe(7);
    await expect(readings.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('begins no further reading while three have no answer, and begins again when one of them has ended', async () => {
    const readings = new TimedReadings();
    const ends: (() => void)[] = [];
    const hanging = () => new Promise<void>((resolve) => ends.push(resolve));
    for (let count = 1; count <= 3; count++) {
      const reading = readings.run(hanging);
      const givenUp = expect(reading).rejects.toThrow('Query read timeout: no answer within 10000 ms');
      await jest.advanceTimersByTimeAsync(GIVEN_UP_MS);
      await givenUp;
    }
    await expect(readings.run(hanging)).rejects.toThrow('3 earlier readings have not ended');
    expect(ends).toHaveLength(3);
    ends[0]?.();
    await jest.advanceTimersByTimeAsync(0);
    expect(await readings.run(() => Promise.resolve('an answer'))).toBe('an answer');
  });
});
