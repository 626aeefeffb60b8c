import { type HostAnswer, judge, mayBeOutage } from './judgement.js';
import { parseRetryAfter } from './retry-after.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const CIRCUMSTANCES = { schedule: [0, 5_000, 30_000], failures: 0, nowMs: NOW, random: 0.5 };

function answer(status: number, retryAfter?: string): HostAnswer {
  return { kind: 'answer', status, retryAfter, text: '' };
}

describe('judge', () => {
  it.each([200, 201, 202, 204, 299])('takes %d for delivered', (status) => {
    expect(judge(answer(status), CIRCUMSTANCES)).toEqual({ kind: 'delivered' });
  });

  it.each([100, 300, 301, 302, 307, 308, 400, 401, 404, 409, 422, 429, 500, 502, 503])('tries again after %d', (status) => {
    expect(judge(answer(status), CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 5_000 });
  });

  it('tries again without an answer', () => {
    expect(judge({ kind: 'unreachable', error: 'refused' }, CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 5_000 });
    expect(judge({ kind: 'unanswered', error: 'timeout' }, { ...CIRCUMSTANCES, failures: 1 })).toEqual({
      kind: 'retry',
      afterMs: 30_000,
    });
  });

  it('gives up at the end of the schedule, and at once when the host says the event is gone', () => {
    expect(judge(answer(500), { ...CIRCUMSTANCES, failures: 2 })).toEqual({ kind: 'dead' });
    expect(judge(answer(410), CIRCUMSTANCES)).toEqual({ kind: 'dead' });
    expect(judge(answer(200), { ...CIRCUMSTANCES, failures: 2 })).toEqual({ kind: 'delivered' });
  });

  it('waits as long as 429 and 503 ask for, and as no other answer does', () => {
    expect(judge(answer(429, '7'), CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 7_000 });
    expect(judge(answer(503, 'Mon, 23 Nov 2026 12:02:00 GMT'), CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 120_000 });
    expect(judge(answer(500, '7'), CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 5_000 });
    expect(judge(answer(503, 'soon'), CIRCUMSTANCES)).toEqual({ kind: 'retry', afterMs: 5_000 });
  });
});

describe('parseRetryAfter', () => {
  it('keeps within now and an hour', () => {
    expect(parseRetryAfter('0', NOW)).toBe(0);
    expect(parseRetryAfter('3600', NOW)).toBe(3_600_000);
    expect(parseRetryAfter('3601', NOW)).toBe(3_600_000);
    expect(parseRetryAfter('Mon, 23 Nov 2020 12:00:00 GMT', NOW)).toBe(0);
    expect(parseRetryAfter(undefined, NOW)).toBeNull();
    expect(parseRetryAfter('', NOW)).toBeNull();
  });
});

describe('mayBeOutage', () => {
  it('is not said of a host that answers on its own behalf', () => {
    expect([200, 302, 400, 404, 429, 499].filter((status) => mayBeOutage(answer(status)))).toEqual([]);
    expect([500, 502, 503, 504].filter((status) => mayBeOutage(answer(status)))).toHaveLength(4);
    expect(mayBeOutage({ kind: 'unreachable', error: '' })).toBe(true);
  });
});
