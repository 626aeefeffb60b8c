import { type Findings, type LogEntry } from './findings.js';

export interface LikelyCause {
  /** Stable, for programs. */
  readonly code: string;
  /** A sentence for people. */
  readonly text: string;
}

type Rule = (findings: Findings) => string | null;

const CLOCK_TOLERANCE_SECONDS = 300;
const DAMAGED_FRAMES = 3;
const MANY_CLOSES = 4;
const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;

/** Each says what is wrong, or null. */
const RULES: Readonly<Record<string, Rule>> = {
  NOT_REGISTERED: ({ admission: { status, unknownAttempts } }) =>
    status === null && unknownAttempts > 0
      ? `It was refused ${unknownAttempts} times because it is not registered: register it, or set DEVICE_ADMISSION=open.`
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
      ? `${count} frames came with a wrong CRC or count: something on the way changes bytes, or its firmware is at fault.`
      : null;
  },
  UNREADABLE_FRAMES: ({ log }) => {
    const count = sum(log, ({ kind, detail }) => kind === 'rejected_frames' && !isDamage(detail.cause));
    return count > 0
      ? `${count} frames were whole and could not be read: it speaks a codec or a layout that is not known here.`
      : null;
  },
  ACKNOWLEDGEMENTS_LOST: ({ log }) => {
    const count = sum(log, ({ kind }) => kind === 'resent_records');
    return count > 0
      ? `${count} records came again after they were stored: acknowledgements are lost, or its response timeout (parameter 1001) is too short.`
      : null;
  },
  CLOCK_AHEAD: ({ records: { leastClockOffsetSeconds: offset } }) =>
    offset !== null && offset < -CLOCK_TOLERANCE_SECONDS
      ? `Its clock is ahead by ${duration(-offset)}: check its time synchronisation.`
      : null,
  CLOCK_BEHIND: ({ records: { leastClockOffsetSeconds: offset } }) =>
    offset !== null && offset > DAY_SECONDS
      ? `All of its last records are older than ${duration(offset)} when they come: its clock is behind, or it is sending a backlog.`
      : null,
  NO_FIX: ({ records: { looked, withoutFix, atZero } }) =>
    looked > 0 && withoutFix * 2 > looked
      ? `${withoutFix} of its last ${looked} records have no satellites${atZero > 0 ? `, ${atZero} of them at 0/0` : ''}: check its antenna and place.`
      : null,
  RECONNECTS: ({ log }) => reconnects(log),
  CHANGING_ADDRESS: ({ log }) => {
    const addresses = new Set(log.flatMap(({ kind, detail }) => (kind === 'login' && detail.address ? [detail.address] : [])));
    return addresses.size > 1
      ? `It has logged in from ${addresses.size} addresses: usual in mobile networks, otherwise two devices share one IMEI, or someone claims it.`
      : null;
  },
  COMMANDS_UNANSWERED: ({ commands, records }) => {
    const count = Math.max(commands.unconfirmed, commands.unansweredAttempts);
    return count > 0 && commands.completed === 0 && records.lastReceivedAt !== null
      ? `It sends records and has not answered ${count} times a command was written: it may not know these commands, or not take any over this connection.`
      : null;
  },
};

/** The likely causes of what is wrong with a device, as far as one is known. */
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
  const gapsMs = closes.slice(1).map(({ at }, index) => (closes[index]?.at.getTime() ?? 0) - at.getTime());
  const medianMs = [...gapsMs].sort((one, other) => one - other)[Math.floor(gapsMs.length / 2)] ?? 0;
  const bySelf = closes.filter(({ detail }) => detail.reason === 'peer').length;
  const why =
    bySelf * 2 >= closes.length
      ? 'its open link timeout (parameter 1000) is shorter than its send period'
      : 'it is silent for longer than BROKER_IDLE_TIMEOUT_SECONDS';
  return `Its connection ended ${closes.length} times, about every ${Math.max(1, Math.round(medianMs / MINUTE_MS))} minutes: ${why}.`;
}

function isDamage(code: string | undefined): boolean {
  return code === 'BAD_CRC' || code === 'COUNT_MISMATCH';
}

function sum(log: readonly LogEntry[], counts: (entry: LogEntry) => boolean): number {
  return log.filter(counts).reduce((total, { detail }) => total + (detail.count ?? 1), 0);
}

function duration(seconds: number): string {
  return seconds >= 2 * DAY_SECONDS ? `${Math.floor(seconds / DAY_SECONDS)} days` : `${Math.round(seconds / 60)} minutes`;
}
