import { parseRetryAfter } from './retry-after.js';
import { delayAfter } from './retry-schedule.js';

/** What came of one POST. */
export type HostAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** No connection: the host can't have seen the request. */
  | { readonly kind: 'unreachable'; readonly error: string }
  /** It was sent, or part of it, and no answer came: the host may have acted on it. */
  | { readonly kind: 'unanswered'; readonly error: string };

export type Judgement =
  { readonly kind: 'delivered' } | { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'dead' };

export interface Circumstances {
  readonly schedule: readonly number[];
  /** Attempts that failed before this one. */
  readonly failures: number;
  readonly nowMs: number;
  /** 0 to 1. */
  readonly random: number;
}

const GONE = 410;
const WITH_RETRY_AFTER = [429, 503];

/** Only 2xx is success; a redirect is not followed, so it is a failure. 410 says that nobody wants the event any more. */
export function judge(answer: HostAnswer, { schedule, failures, nowMs, random }: Circumstances): Judgement {
  if (answer.kind === 'answer' && answer.status >= 200 && answer.status < 300) {
    return { kind: 'delivered' };
  }
  if (answer.kind === 'answer' && answer.status === GONE) {
    return { kind: 'dead' };
  }
  const scheduledMs = delayAfter(schedule, failures + 1, random);
  if (scheduledMs === null) {
    return { kind: 'dead' };
  }
  const askedForMs =
    answer.kind === 'answer' && WITH_RETRY_AFTER.includes(answer.status) ? parseRetryAfter(answer.retryAfter, nowMs) : null;
  return { kind: 'retry', afterMs: askedForMs ?? scheduledMs };
}

/** Whether the host as a whole may be down, and not just this event be unwelcome. */
export function mayBeOutage(answer: HostAnswer): boolean {
  return answer.kind !== 'answer' || answer.status >= 500;
}
