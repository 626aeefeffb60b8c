import { WebhookSettings } from '../webhooks.settings.js';
import { type Attempt, type HostAnswer } from './delivery.js';
import { classify, delayAfter, mayBeOutage, parseRetryAfter, parseSchedule } from './outcome.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const CIRCUMSTANCES = { schedule: [0, 5_000, 30_000], holdMs: null, random: 0.5 };
const RETRY = { kind: 'retry', afterMs: 5_000 };

function answered(status: number, retryAfter?: string): HostAnswer {
  return { kind: 'answer', status, retryAfter, text: '' };
}

function attempt(answer: HostAnswer): Attempt {
  return {
    request: { id: 'evt_1', path: '/', body: '{}', deliveries: [], hasResults: false },
    answer,
    durationMs: 1,
    endedAtMs: NOW,
  };
}

function outcomeOf(answer: HostAnswer, failures = 0, holdMs: number | null = null) {
  return classify(attempt(answer), failures, { ...CIRCUMSTANCES, holdMs });
}

describe('the outcome of an attempt', () => {
  it.each([200, 201, 202, 204, 299])('is delivered with status %d', (status) => {
    expect(outcomeOf(answered(status))).toEqual({ kind: 'delivered' });
    expect(outcomeOf(answered(status), 2)).toEqual({ kind: 'delivered' });
  });

  it.each([100, 300, 301, 302, 307, 308, 400, 401, 404, 409, 422, 429, 500, 502, 503])('is a retry with %d', (status) => {
    expect(outcomeOf(answered(status))).toEqual(RETRY);
  });

  it('is a retry without an answer', () => {
    expect(outcomeOf({ kind: 'unreachable', error: 'refused' })).toEqual(RETRY);
    expect(outcomeOf({ kind: 'unanswered', error: 'timeout' }, 1)).toEqual({ kind: 'retry', afterMs: 30_000 });
  });

  it('is dead at the end of the schedule, and at once with 410', () => {
    expect(outcomeOf(answered(500), 2)).toEqual({ kind: 'dead' });
    expect(outcomeOf({ kind: 'unreachable', error: 'refused' }, 2)).toEqual({ kind: 'dead' });
    expect(outcomeOf(answered(410))).toEqual({ kind: 'dead' });
  });

  it('follows Retry-After of 429 and 503, and of no other status', () => {
    expect(outcomeOf(answered(429, '7'))).toEqual({ kind: 'retry', afterMs: 7_000 });
    expect(outcomeOf(answered(503, 'Mon, 23 Nov 2026 12:02:00 GMT'))).toEqual({ kind: 'retry', afterMs: 120_000 });
    expect(outcomeOf(answered(500, '7'))).toEqual(RETRY);
    expect(outcomeOf(answered(503, 'soon'))).toEqual(RETRY);
  });

  it('is held while the circuit is open, also at the end of the schedule, when the host may be down', () => {
    expect(outcomeOf(answered(503), 2, 4_000)).toEqual({ kind: 'held', afterMs: 4_000 });
    expect(outcomeOf({ kind: 'unreachable', error: 'refused' }, 0, 4_000)).toEqual({ kind: 'held', afterMs: 4_000 });
    expect(outcomeOf(answered(200), 0, 4_000)).toEqual({ kind: 'delivered' });
    expect(outcomeOf(answered(404), 0, 4_000)).toEqual(RETRY);
  });

  it('is released when the gateway has cancelled the request', () => {
    expect(outcomeOf({ kind: 'aborted' }, 2, 4_000)).toEqual({ kind: 'released' });
  });
});

describe('parseRetryAfter', () => {
  it('limits the wait to an hour', () => {
    expect(parseRetryAfter('0', NOW)).toBe(0);
    expect(parseRetryAfter('3600', NOW)).toBe(HOUR);
    expect(parseRetryAfter('3601', NOW)).toBe(HOUR);
    expect(parseRetryAfter('Mon, 23 Nov 2020 12:00:00 GMT', NOW)).toBe(0);
    expect(parseRetryAfter(undefined, NOW)).toBeNull();
    expect(parseRetryAfter('', NOW)).toBeNull();
  });
});

describe('mayBeOutage', () => {
  it('is false for a host that answers below 500', () => {
    expect([200, 302, 400, 404, 429, 499].filter((status) => mayBeOutage(answered(status)))).toEqual([]);
    expect([500, 502, 503, 504].filter((status) => mayBeOutage(answered(status)))).toHaveLength(4);
    expect(mayBeOutage({ kind: 'unreachable', error: '' })).toBe(true);
    expect(mayBeOutage({ kind: 'aborted' })).toBe(false);
  });
});

describe('the schedule', () => {
  it('has eleven attempts over two days by default', () => {
    const schedule = parseSchedule(new WebhookSettings().WEBHOOK_RETRY_SCHEDULE);
    const minutes = [2, 10, 30].map((count) => count * MINUTE);
    expect(schedule).toEqual([0, 5_000, 30_000, ...minutes, ...[1, 3, 6, 12, 24].map((count) => count * HOUR)]);
  });

  it('accepts every unit, and blanks', () => {
    expect(parseSchedule(' 0 , 250ms,1s, 2m ,3h')).toEqual([0, 250, 1_000, 2 * MINUTE, 3 * HOUR]);
  });

  it('varies each wait by a fifth, and ends after its last attempt', () => {
    const schedule = parseSchedule('0,10s,100s');
    expect([0, 0.5, 1].map((random) => delayAfter(schedule, 1, random))).toEqual([8_000, 10_000, 12_000]);
    expect(delayAfter(schedule, 2, 0.5)).toBe(100_000);
    expect(delayAfter(schedule, 3, 0.5)).toBeNull();
  });
});
