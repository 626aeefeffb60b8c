import { WebhookSettings } from '../webhooks.settings.js';
import { delayAfter, parseSchedule } from './retry-schedule.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;

describe('the schedule', () => {
  it('is eleven attempts over two days unless set otherwise', () => {
    const schedule = parseSchedule(new WebhookSettings().WEBHOOK_RETRY_SCHEDULE);
    expect(schedule).toEqual([
      0,
      5_000,
      30_000,
      2 * MINUTE,
      10 * MINUTE,
      30 * MINUTE,
      HOUR,
      3 * HOUR,
      6 * HOUR,
      12 * HOUR,
      24 * HOUR,
    ]);
  });

  it('takes every unit, with blanks', () => {
    expect(parseSchedule(' 0 , 250ms,1s, 2m ,3h')).toEqual([0, 250, 1_000, 2 * MINUTE, 3 * HOUR]);
  });

  it('waits a fifth more or less, and ends after its last attempt', () => {
    const schedule = parseSchedule('0,10s,100s');
    expect([0, 0.5, 1].map((random) => delayAfter(schedule, 1, random))).toEqual([8_000, 10_000, 12_000]);
    expect(delayAfter(schedule, 2, 0.5)).toBe(100_000);
    expect(delayAfter(schedule, 3, 0.5)).toBeNull();
  });
});
