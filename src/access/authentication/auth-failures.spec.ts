import { AcceptedKeys } from './accepted-keys.js';
import { AuthFailures, HourlyReports } from './auth-failures.js';

const HOUR_MS = 3_600_000;

describe('failed authentications', () => {
  let now: number;
  let blocked: string[];
  let failures: AuthFailures;

  beforeEach(() => {
    now = 1_000;
    blocked = [];
    failures = new AuthFailures(
      { max: 3, windowSeconds: 60 },
      (network) => blocked.push(network),
      () => now,
    );
  });

  const fail = (network: string): boolean => {
    const admitted = failures.begin(network);
    if (admitted) {
      failures.failed(network);
    }
    return admitted;
  };

  it('are admitted up to the limit, per network, and reported once', () => {
    expect(['a', 'a', 'a', 'a', 'a'].map(fail)).toEqual([true, true, true, false, false]);
    expect(failures.isBlocked('a')).toBe(true);
    expect(fail('b')).toBe(true);
    expect(failures.isBlocked('b')).toBe(false);
    expect(blocked).toEqual(['a']);
  });

  it('are forgotten when their window ends, not a moment before', () => {
    ['a', 'a', 'a'].forEach(fail);
    now += 59_999;
    expect([fail('a'), failures.retryAfterSeconds('a')]).toEqual([false, 1]);
    now += 1;
    expect([failures.isBlocked('a'), fail('a')]).toEqual([false, true]);
  });

  it('include keys that are being looked up, until they are found', () => {
    expect([1, 2, 3, 4].map(() => failures.begin('a'))).toEqual([true, true, true, false]);
    failures.giveBack('a');
    expect([failures.begin('a'), failures.begin('a'), failures.isBlocked('a')]).toEqual([true, false, false]);
  });

  it('of a flood from many networks are held for a bounded number of them', () => {
    ['a', 'a', 'a'].forEach(fail);
    for (let network = 0; network < 10_000; network++) {
      fail(`flood ${network}`);
    }
    expect(failures.isBlocked('a')).toBe(false);
  });
});

describe('accepted keys', () => {
  it('are remembered for an hour after their last use, and no longer', () => {
    let now = 0;
    const keys = new AcceptedKeys(() => now);
    keys.add('a');
    now = HOUR_MS - 1;
    expect(keys.has('a')).toBe(true);
    keys.add('a');
    now = 2 * HOUR_MS - 2;
    expect(keys.has('a')).toBe(true);
    now++;
    expect(keys.has('a')).toBe(false);
  });

  it('are at most 10,000: the one unused for longest goes', () => {
    const keys = new AcceptedKeys(() => 0);
    for (let key = 0; key < 10_000; key++) {
      keys.add(String(key));
    }
    keys.add('0');
    keys.add('one more');
    expect(['0', '1', '2', 'one more'].map((key) => keys.has(key))).toEqual([true, false, true, true]);
  });
});

describe('reports of blocked networks', () => {
  it('are one per network and hour, and bounded in total', () => {
    let now = 0;
    const reports = new HourlyReports(2, () => now);
    expect(['a', 'a', 'b', 'c'].map((network) => reports.admit(network))).toEqual([true, false, true, false]);
    now = HOUR_MS - 1;
    expect(reports.admit('c')).toBe(false);
    now = HOUR_MS;
    expect(['a', 'c'].map((network) => reports.admit(network))).toEqual([true, true]);
  });
});
