import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

const POLL_INTERVAL_MS = 20;

export interface WaitForOptions {
  /** Default 10 s. */
  timeoutMs?: number;
  /** Names the condition in the error: "the device to appear". */
  what?: string;
}

type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>;

/**
 * Asks until the condition gives something truthy, and gives that back. A condition that throws counts as not yet true.
 * Past the deadline the error says what was waited for and the last answer (or has the last error as its cause).
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitForOptions = {}): Promise<Truthy<T>> {
  const { timeoutMs = 10_000, what = 'a condition' } = options;
  const done = new AbortController();
  const timeUp = delay<'time-up'>(timeoutMs, 'time-up', { signal: done.signal });
  timeUp.catch(() => undefined); // aborted below
  let last: Answer<T> = { error: new Error('it never answered') };
  try {
    for (;;) {
      const answer = await Promise.race([ask(condition), timeUp]);
      if (answer === 'time-up') {
        throw overdue(what, timeoutMs, last);
      }
      if ('value' in answer && answer.value) {
        return answer.value as Truthy<T>;
      }
      last = answer;
      if ((await Promise.race([delay(POLL_INTERVAL_MS), timeUp])) === 'time-up') {
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
