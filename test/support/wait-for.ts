import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Short at first; then longer, so that a long wait does not keep a core busy with questions. */
const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 100;
const GROWTH = 1.1;

export interface WaitForOptions {
  /** Default 30 s. */
  timeoutMs?: number;
  /** Names the condition in the error: "the device to appear". */
  what?: string;
}

type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>;

/**
 * Evaluates the condition until its result is truthy, and returns the result. A condition that throws counts as not yet true.
 * After the deadline it throws an error with the condition's name and last result, or with the last error as its cause.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitForOptions = {}): Promise<Truthy<T>> {
  const { timeoutMs = 30_000, what = 'a condition' } = options;
  const done = new AbortController();
  const timeUp = delay<'time-up'>(timeoutMs, 'time-up', { signal: done.signal });
  timeUp.catch(() => undefined); // aborted below
  let last: Answer<T> = { error: new Error('it never answered') };
  try {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LAST_POLL_MS, pollMs * GROWTH)) {
      const answer = await Promise.race([ask(condition), timeUp]);
      if (answer === 'time-up') {
        throw overdue(what, timeoutMs, last);
      }
      if ('value' in answer && answer.value) {
        return answer.value as Truthy<T>;
      }
      last = answer;
      if ((await Promise.race([delay(pollMs), timeUp])) === 'time-up') {
        throw overdue(what, timeoutMs, last);
      }
    }
  } finally {
    done.abort();
  }
}

type Answer<T> = { value: T } | { error: unknown };

async function ask<T>(condition: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await condition() };
  } catch (error) {
    return { error };
  }
}

function overdue(what: string, timeoutMs: number, last: Answer<unknown>): Error {
  const waited = `Waited ${timeoutMs} ms for ${what}`;
  if ('error' in last) {
    return new Error(`${waited}; last error: ${String(last.error)}`, { cause: last.error });
  }
  return new Error(`${waited}; last value: ${inspect(last.value, { breakLength: Infinity })}`);
}
