import { type Findings, type LogEntry } from './findings.js';

export interface LikelyCause {
  /** Stable code for programs. */
  readonly code: string;
  /** Description in one sentence. */
  readonly text: string;
}

type Rule = (findings: Findings) => string | null;

const CLOCK_TOLERANCE_SECONDS = 300;
const DAMAGED_FRAMES = 3;
const MANY_CLOSES = 4;
/** For shorter intervals the total is reported instead of the rate. */
const MIN_RATE_MS = 2_000;
const MIN_OPEN_LINK_TIMEOUT_MS = 30_000;
const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** Each rule returns the description of its cause, or null. */
const RULES: Readonly<Record<string, Rule>> = {
  NOT_REGISTERED: ({ admission: { status, unknownAttempts } }) =>
    status === null && unknownAttempts > 0
      ? `It was refused ${times(unknownAttempts)} because it is not registered: register it, or set DEVICE_ADMISSION=open.`
      : null,
  BANNED: ({ admission: { status } }) =>
    status === 'banned' ? 'It is banned: its logins are refused until the ban is ended.' : null,
  OUTSIDE_PINNED_RANGES: ({ log, admission }) => {
    const refused = log.find(({ kind, detail }) => kind === 'refused' && detail.cause === 'address');
    return refused
      ? `A login from ${refused.detail.address} was refused: it is pinned to ${admission.allowedRanges.join(', ') || 'other addresses'}.`
      : null;
  },
  DAMAGED_FRAMES: ({ log }) => {
    const count = sum(log, ({ kind, detail }) => kind === 'rejected_frames' && isDamage(detail.cause));
    return count >= DAMAGED_FRAMES
      ? `${plural(count, 'frame')} arrived with a wrong CRC or count: the bytes change in transit, or its firmware is at fault.`
      : null;
  },
  UNREADABLE_FRAMES: ({ log }) => {
    const count = sum(log, ({ kind, detail }) => kind === 'rejected_frames' && !isDamage(detail.cause));
    return count > 0
      ? `${plural(count, 'frame')} arrived whole and could not be decoded: the device uses an unknown codec or layout.`
      : null;
  },
  ACKNOWLEDGEMENTS_LOST: ({ log }) => {
    const count = sum(log, ({ kind }) => kind === 'resent_records');
    return count > 0
      ? `${plural(count, 'record')} arrived again after being stored: acknowledgements are lost, or its response timeout (parameter 1001) is too short.`
      : null;
  },
  CLOCK_AHEAD: ({ records: { leastClockOffsetSeconds: offset } }) =>
    offset !== null && offset < -CLOCK_TOLERANCE_SECONDS
      ? `Its clock is ahead by ${duration(-offset)}: check its time synchronisation.`
      : null,
  CLOCK_BEHIND: ({ records: { leastClockOffsetSeconds: offset } }) =>
    offset !== null && offset > DAY_SECONDS
      ? `All of its last records are older than ${duration(offset)} when they arrive: its clock is behind, or it is sending a backlog.`
      : null,
  NO_FIX: ({ records: { looked, gnssOff, withoutFix, atZero } }) => {
    const expected = looked - gnssOff;
    return expected > 0 && withoutFix * 2 > expected
      ? `${withoutFix} of its last ${plural(expected, 'record')} with GNSS on ${withoutFix === 1 ? 'has' : 'have'} no satellites${atZero > 0 ? `, ${atZero} of them at 0/0` : ''}: check its antenna and position.`
      : null;
  },
  RECONNECTS: ({ log }) => reconnects(log),
  CHANGING_ADDRESS: ({ log }) => {
    const addresses = new Set(log.flatMap(({ kind, detail }) => (kind === 'login' && detail.address ? [detail.address] : [])));
    return addresses.size > 1
      ? `It has logged in from ${plural(addresses.size, 'address', 'addresses')}: usual in mobile networks, otherwise two devices share one IMEI, or someone claims it.`
      : null;
  },
  COMMANDS_UNANSWERED: ({ commands, records }) => {
    const count = Math.max(commands.unconfirmed, commands.unansweredAttempts);
    return count > 0 && commands.completed === 0 && records.lastReceivedAt !== null
      ? `It sends records and has not answered a command ${times(count)}: it may not know these commands, or not accept any over this connection.`
      : null;
  },
};

/** The likely causes of a device's problems. */
export function likelyCauses(findings: Findings): LikelyCause[] {
  return Object.entries(RULES).flatMap(([code, rule]) => {
    const text = rule(findings);
    return text === null ? [] : [{ code, text }];
  });
}

function reconnects(log: readonly LogEntry[]): string | null {
  const closes = log.filter(({ kind, detail }) => kind === 'closed' && (detail.reason === 'peer' || detail.reason === 'idle'));
  if (closes.length < MANY_CLOSES) {
    return null;
  }
  const newest = closes[0]?.at.getTime() ?? 0;
  const oldest = closes.at(-1)?.at.getTime() ?? 0;
  const gapsMs = closes.slice(1).map(({ at }, index) => (closes[index]?.at.getTime() ?? 0) - at.getTime());
  const medianMs = [...gapsMs].sort((one, other) => one - other)[Math.floor(gapsMs.length / 2)] ?? 0;
  const rate =
    medianMs < MIN_RATE_MS ? `within ${duration((newest - oldest) / 1_000)}` : `about every ${duration(medianMs / 1_000)}`;
  return `Its connection ended ${times(closes.length)}, ${rate}: ${whyClosed(closes, medianMs)}.`;
}

function whyClosed(closes: readonly LogEntry[], medianMs: number): string {
  const byDevice = closes.filter(({ detail }) => detail.reason === 'peer').length;
  if (byDevice * 2 < closes.length) {
    return 'it is silent for longer than BROKER_IDLE_TIMEOUT_SECONDS';
  }
  return medianMs < MIN_OPEN_LINK_TIMEOUT_MS
    ? 'it closes sooner than its open link timeout (parameter 1000, 30 s or more) can explain, so the network or a proxy may close it'
    : 'its open link timeout (parameter 1000) is shorter than its send period';
}

function isDamage(code: string | undefined): boolean {
  return code === 'BAD_CRC' || code === 'COUNT_MISMATCH';
}

function sum(log: readonly LogEntry[], counts: (entry: LogEntry) => boolean): number {
  return log.filter(counts).reduce((total, { detail }) => total + (detail.count ?? 1), 0);
}

/** In the largest unit of which there are two or more; under a second counts as one. */
function duration(seconds: number): string {
  if (seconds >= 2 * DAY_SECONDS) {
    return plural(Math.floor(seconds / DAY_SECONDS), 'day');
  }
  if (seconds >= 2 * HOUR_SECONDS) {
    return plural(Math.round(seconds / HOUR_SECONDS), 'hour');
  }
  return seconds >= 2 * MINUTE_SECONDS
    ? plural(Math.round(seconds / MINUTE_SECONDS), 'minute')
    : plural(Math.max(1, Math.round(seconds)), 'second');
}

function times(count: number): string {
  return plural(count, 'time');
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
