import { reconnectDelayMs } from './server-connection.js';

it('waits as long as a TFT100 between attempts, with a configurable length of a minute', () => {
  const seconds = Array.from({ length: 11 }, (_, failures) => reconnectDelayMs(failures, 1000) / 1000);
  expect(seconds).toEqual([0, 1, 1, 2, 2, 4, 6, 8, 10, 10, 10]);
  expect(reconnectDelayMs(5, 60_000)).toBe(240_000);
});
