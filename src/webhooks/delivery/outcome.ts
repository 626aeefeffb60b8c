import { type Attempt, type HostAnswer, type Outcome } from './delivery.js';
import { HOUR_MS } from '../../platform/time-units.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** A wait is up to this fraction shorter or longer. */
const JITTER = 0.2;
const MAX_RETRY_AFTER_MS = HOUR_MS;
const GONE = 410;
const WITH_RETRY_AFTER = [429, 503];

export interface Circumstances {
  /** Milliseconds before each attempt. */
  readonly schedule: readonly number[];
  /** How long a delivery waits that has met an open circuit; null while the circuit is closed. */
  readonly holdMs: number | null;
  /** 0 to 1: deliveries that failed together must not return together. */
  readonly random: number;
  /** The host has accepted the batch without this event. */
  readonly isRefused?: boolean;
}

/** The outcome of an attempt for one of its deliveries, which had failed `failures` times before. */
export function classify({ request, answer, endedAtMs }: Attempt, failures: number, circumstances: Circumstances): Outcome {
  if (answer.kind === 'aborted') {
    return { kind: 'released' };
  }
  if (circumstances.holdMs !== null && mayBeOutage(answer)) {
    return { kind: 'held', afterMs: circumstances.holdMs };
  }
  const scheduledMs = delayAfter(circumstances.schedule, failures + 1, circumstances.random);
  if (answer.kind !== 'answer') {
    return retryOrDead(scheduledMs);
  }
  const { status, retryAfter } = answer;
  // A redirect is not followed, so it is a failure.
  if (status >= 200 && status < 300) {
    return circumstances.isRefused === true ? retryOrDead(scheduledMs) : { kind: 'delivered' };
  }
  // Of a batch of events it says that the path is gone: they go out one by one.
  if ((status === GONE && !request.hasResults) || scheduledMs === null) {
    return { kind: 'dead' };
  }
  return retryOrDead((WITH_RETRY_AFTER.includes(status) ? parseRetryAfter(retryAfter, endedAtMs) : null) ?? scheduledMs);
}

/** Whether the host as a whole may be down. Otherwise only this event was refused. */
export function mayBeOutage(answer: HostAnswer): boolean {
  switch (answer.kind) {
    case 'unreachable':
    case 'unanswered':
      return true;
    case 'answer':
      return answer.status >= 500;
    case 'aborted':
      return false;
  }
}

/** Milliseconds before each attempt, from `0,5s,30s,2m`. */
export function parseSchedule(text: string): number[] {
  return text.split(',').map((wait) => {
    const [, value, unit] = /^\s*(\d+)(ms|s|m|h)?\s*$/.exec(wait) ?? [];
    return Number(value) * (UNIT_MS[unit ?? 'ms'] as number);
  });
}

/** The wait before the next attempt after this many failed ones, or null when the schedule has ended. */
export function delayAfter(schedule: readonly number[], failures: number, random: number): number | null {
  const delayMs = schedule[failures];
  return delayMs === undefined ? null : Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
}

/** Milliseconds from a Retry-After header in seconds or as an HTTP date, an hour at most; null when it is neither. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

function retryOrDead(afterMs: number | null): Outcome {
  return afterMs === null ? { kind: 'dead' } : { kind: 'retry', afterMs };
}
