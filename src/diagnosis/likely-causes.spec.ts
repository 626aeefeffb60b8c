import { type Findings, type LogEntry } from './findings.js';
import { likelyCauses } from './likely-causes.js';

const START_MS = Date.UTC(2026, 0, 1);

const HEALTHY: Findings = {
  connectedSince: new Date(START_MS),
  log: [entry('login', { address: '192.0.2.1' })],
  records: { looked: 100, leastClockOffsetSeconds: 2, gnssOff: 0, withoutFix: 50, atZero: 0, lastReceivedAt: new Date(START_MS) },
  commands: { unconfirmed: 0, completed: 5, unansweredAttempts: 0 },
  admission: { status: null, allowedRanges: [], unknownAttempts: 0, lastUnknownAt: null },
};

function entry(kind: LogEntry['kind'], detail: LogEntry['detail'], minutes = 0): LogEntry {
  return { kind, detail, at: new Date(START_MS + minutes * 60_000) };
}

function closes(reason: string, count: number, minutesApart = 10): LogEntry[] {
  return Array.from({ length: count }, (_, index) => entry('closed', { reason }, 100 - index * minutesApart));
}

describe('likelyCauses', () => {
  it('reports nothing for a healthy device', () => expect(likelyCauses(HEALTHY)).toEqual([]));

  it.each<[string, Partial<Findings>, RegExp]>([
    ['NOT_REGISTERED', { admission: { ...HEALTHY.admission, unknownAttempts: 3 } }, /3 times/],
    ['BANNED', { admission: { ...HEALTHY.admission, status: 'banned' } }, /ban/],
    [
      'OUTSIDE_PINNED_RANGES',
      {
        log: [entry('refused', { cause: 'address', address: '203.0.113.1' })],
        admission: { ...HEALTHY.admission, status: 'registered', allowedRanges: ['192.0.2.0/24'] },
      },
      /203\.0\.113\.1.*192\.0\.2\.0\/24/,
    ],
    ['DAMAGED_FRAMES', { log: [entry('rejected_frames', { cause: 'BAD_CRC', count: 3 })] }, /3 frames/],
    ['UNREADABLE_FRAMES', { log: [entry('rejected_frames', { cause: 'UNSUPPORTED_CODEC', count: 1 })] }, /codec/],
    ['ACKNOWLEDGEMENTS_LOST', { log: [entry('resent_records', { count: 7 })] }, /7 records/],
    ['CLOCK_AHEAD', { records: { ...HEALTHY.records, leastClockOffsetSeconds: -4 * 86_400 } }, /4 days/],
    ['CLOCK_AHEAD', { records: { ...HEALTHY.records, leastClockOffsetSeconds: -301 } }, /5 minutes/],
    ['CLOCK_BEHIND', { records: { ...HEALTHY.records, leastClockOffsetSeconds: 3 * 86_400 } }, /3 days/],
    ['NO_FIX', { records: { ...HEALTHY.records, withoutFix: 51, atZero: 9 } }, /51 of its last 100 records.*9 of them/],
    ['RECONNECTS', { log: closes('peer', 4) }, /4 times, about every 10 minutes.*1000/],
    ['NO_FIX', { records: { ...HEALTHY.records, gnssOff: 98, withoutFix: 2 } }, /^2 of its last 2 records with GNSS on have/],
    ['NO_FIX', { records: { ...HEALTHY.records, looked: 1, withoutFix: 1 } }, /^1 of its last 1 record with GNSS on has/],
    ['RECONNECTS', { log: closes('peer', 51, 0.001) }, /51 times, within 3 seconds: it closes sooner/],
    ['RECONNECTS', { log: closes('peer', 4, 29 / 60) }, /4 times, about every 29 seconds: it closes sooner/],
    ['RECONNECTS', { log: closes('peer', 4, 0.5) }, /4 times, about every 30 seconds: its open link timeout/],
    ['RECONNECTS', { log: closes('peer', 4, 1) }, /about every 60 seconds/],
    ['RECONNECTS', { log: closes('peer', 4, 2) }, /about every 2 minutes/],
    ['RECONNECTS', { log: closes('peer', 4, 180) }, /about every 3 hours/],
    ['RECONNECTS', { log: closes('peer', 4, 0) }, /4 times, within 1 second/],
    ['NOT_REGISTERED', { admission: { ...HEALTHY.admission, unknownAttempts: 1 } }, /refused 1 time because/],
    ['UNREADABLE_FRAMES', { log: [entry('rejected_frames', { cause: 'TRUNCATED' })] }, /^1 frame arrived/],
    ['ACKNOWLEDGEMENTS_LOST', { log: [entry('resent_records', { count: 1 })] }, /^1 record arrived/],
    ['COMMANDS_UNANSWERED', { commands: { unconfirmed: 1, completed: 0, unansweredAttempts: 0 } }, /1 time:/],
    ['RECONNECTS', { log: closes('idle', 4) }, /BROKER_IDLE_TIMEOUT_SECONDS/],
    ['CHANGING_ADDRESS', { log: ['192.0.2.1', '192.0.2.2'].map((address) => entry('login', { address })) }, /2 addresses/],
    ['COMMANDS_UNANSWERED', { commands: { unconfirmed: 0, completed: 0, unansweredAttempts: 2 } }, /2 times/],
  ])('says %s', (code, difference, text) => {
    const causes = likelyCauses({ ...HEALTHY, ...difference });
    expect(causes.map((cause) => cause.code)).toEqual([code]);
    expect(causes[0]?.text).toMatch(text);
  });

  it.each<[string, Partial<Findings>]>([
    ['a frame or two that were damaged', { log: [entry('rejected_frames', { cause: 'BAD_CRC', count: 2 })] }],
    ['a device that sleeps most of the time', { records: { ...HEALTHY.records, gnssOff: 98, withoutFix: 1 } }],
    ['a device that always sleeps', { records: { ...HEALTHY.records, gnssOff: 100, withoutFix: 0 } }],
    ['a clock within five minutes', { records: { ...HEALTHY.records, leastClockOffsetSeconds: -300 } }],
    ['some reconnects', { log: closes('peer', 3) }],
    ['disconnects by the gateway', { log: closes('shutdown', 9) }],
    [
      'a registered device that was unknown before',
      { admission: { ...HEALTHY.admission, status: 'registered', unknownAttempts: 3 } },
    ],
    ['some unanswered commands among answered ones', { commands: { unconfirmed: 1, completed: 1, unansweredAttempts: 3 } }],
    [
      'a device that never sent data',
      { records: { ...HEALTHY.records, looked: 0, withoutFix: 0, leastClockOffsetSeconds: null } },
    ],
  ])('reports nothing for %s', (_what, difference) => expect(likelyCauses({ ...HEALTHY, ...difference })).toEqual([]));
});
