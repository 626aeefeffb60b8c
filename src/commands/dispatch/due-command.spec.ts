import { outcomeOfDue, type DueCommand } from './due-command.js';

const DUE: DueCommand = {
  inFlight: false,
  attempts: 0,
  maxRetry: 3,
  deviceState: null,
  timedOut: false,
  expired: false,
  guardUnmet: false,
};

describe('a pending command whose time has come', () => {
  it.each<[string, Partial<DueCommand>, ReturnType<typeof outcomeOfDue>]>([
    ['never written, its time over: expired', { expired: true }, { kind: 'fail', reason: 'expired' }],
    ['never written, its time not over: waits', {}, { kind: 'wait' }],
    [
      'written, unanswered, attempts left: gives its slot back',
      { inFlight: true, attempts: 1, timedOut: true },
      { kind: 'release' },
    ],
    [
      'written for the last time and unanswered: unconfirmed',
      { inFlight: true, attempts: 4, timedOut: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'written without retries and unanswered: unconfirmed',
      { inFlight: true, attempts: 1, maxRetry: 0, timedOut: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'in flight, its answer not overdue, its time over: waits for the answer',
      { inFlight: true, attempts: 2, expired: true },
      { kind: 'wait' },
    ],
    [
      'written before, waiting for the device, its time over: unconfirmed, not expired',
      { attempts: 2, expired: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'guarded, never written, its time over, its guard unmet: guard',
      { expired: true, guardUnmet: true },
      { kind: 'fail', reason: 'guard' },
    ],
    [
      'guarded and written before, its time over, its guard unmet: unconfirmed',
      { attempts: 1, expired: true, guardUnmet: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'silent and written: unconfirmed when its answer is overdue',
      { attempts: 1, maxRetry: 0, timedOut: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'postponed, its answer overdue, its time not over: waits',
      { attempts: 1, deviceState: 'queued', timedOut: true },
      { kind: 'wait' },
    ],
    [
      'postponed at its last attempt, its time not over: waits',
      { attempts: 4, deviceState: 'queued', timedOut: true },
      { kind: 'wait' },
    ],
    [
      'postponed, its time over: unconfirmed',
      { attempts: 1, deviceState: 'queued', timedOut: true, expired: true },
      { kind: 'fail', reason: 'unconfirmed' },
    ],
    [
      'answered in unknown words, time left for a better answer: waits',
      { inFlight: true, attempts: 1, deviceState: 'unrecognised', expired: true },
      { kind: 'wait' },
    ],
    [
      'answered in unknown words, attempts left, its answer overdue: unrecognised',
      { inFlight: true, attempts: 1, deviceState: 'unrecognised', timedOut: true },
      { kind: 'fail', reason: 'unrecognised' },
    ],
    ['silent and written just now: waits', { attempts: 1, maxRetry: 0, expired: true }, { kind: 'wait' }],
  ])('%s', (_name, change, outcome) => {
    expect(outcomeOfDue({ ...DUE, ...change })).toEqual(outcome);
  });
});
