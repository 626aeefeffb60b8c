import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway, sqlState } from './database-errors.js';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Serialization failure, deadlock, lock not available, out of memory or lock space, cancelled: a later attempt can succeed. */
const TRANSIENT_STATES = ['40001', '40P01', '55P03', '53200', '57014'];

/**
 * Does the work again for as long as it fails because the database is away, another transaction was in the way, or `willPass` says so of the
 * error. Every other error is thrown at once, and so is the reason of the signal when it ends the waiting.
 */
export async function retryWhileAway<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  willPass: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthRetrying(error) && !willPass(error)) {
        throw error;
      }
      await delay(retryMs, undefined, { signal });
    }
  }
}

/** Whether the work failed because the database is away, or because another transaction was in the way. */
export function isWorthRetrying(error: unknown): boolean {
  return isDatabaseAway(error) || TRANSIENT_STATES.includes(sqlState(error) ?? '');
}
