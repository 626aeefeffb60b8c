import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';

const { isNativeError } = types;

const UNIQUE_VIOLATION = '23505';
const DEADLOCK_DETECTED = '40P01';
const FOREIGN_KEY_VIOLATION = '23503';
const CHECK_VIOLATION = '23514';
const LOCK_NOT_AVAILABLE = '55P03';
/** Data exception and integrity constraint violation: the row is to blame, and will be the next time too. */
const CLASSES_OF_BAD_ROWS = ['22', '23'];
/** Connection exception; insufficient resources; operator intervention. */
const CLASSES_OF_OUTAGES = ['08', '53', '57'];
/**
 * Of these classes: out of memory (also "out of shared memory": too many locks), and a statement that was cancelled or timed out. The server is
 * available, and the fault is the statement's or the configuration's.
 */
const NOT_AN_OUTAGE = ['53200', '57014'];
/** The server became read-only (a standby, a demoted primary, `default_transaction_read_only`). */
const READ_ONLY = '25006';
/** An earlier statement of the transaction failed: what the read-only or ending server answered to that one is the cause. */
const FAILED_TRANSACTION = '25P02';
const SOCKET_ERRORS = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];
/** pg has no code for these: its pool or a statement timed out, or the socket closed under a query. */
const CONNECTION_MESSAGES =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout/;

/** The SQLSTATE of a failed statement, or null when PostgreSQL did not get to say one. */
export function sqlState(error: unknown): string | null {
  for (const cause of causes(error)) {
    if (cause instanceof DatabaseError) {
      return cause.code ?? null;
    }
  }
  return null;
}

export function isDuplicateKey(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}

export function isDeadlock(error: unknown): boolean {
  return sqlState(error) === DEADLOCK_DETECTED;
}

export function isMissingReference(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

/** Whether `lock_timeout` was over, or a lock was asked for with `nowait`. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === LOCK_NOT_AVAILABLE;
}

/**
 * Whether a row missed its partition: one was attached after the statement had begun, and the default partition, where the row was sent, no longer
 * takes it. The next try finds the partition. PostgreSQL names the constraint of every other check violation.
 */
export function isStaleRoute(error: unknown): boolean {
  return causes(error).some((cause) => cause instanceof DatabaseError && cause.code === CHECK_VIOLATION && !cause.constraint);
}

/** Whether writing the same rows again would fail again. Everything else (an outage, a full disk, a deadlock) is worth another try. */
export function isBadRow(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && state !== UNIQUE_VIOLATION && CLASSES_OF_BAD_ROWS.includes(state.slice(0, 2));
}

/** Whether the server accepts no writes: a standby, or a primary that was made read-only. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === READ_ONLY;
}

/**
 * Whether the statement failed because PostgreSQL could not be reached or could not work, whatever the statement was. A read-only server counts
 * as unavailable.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) {
    return isOutageState(state);
  }
  return causes(error).some(
    (cause) => SOCKET_ERRORS.includes(String((cause as NodeJS.ErrnoException).code)) || CONNECTION_MESSAGES.test(cause.message),
  );
}

function isOutageState(state: string): boolean {
  const isOfClass = CLASSES_OF_OUTAGES.includes(state.slice(0, 2)) && !NOT_AN_OUTAGE.includes(state);
  return isOfClass || state === READ_ONLY || state === FAILED_TRANSACTION;
}

/** The error and what it wraps: TypeORM keeps the driver's error beside its own, an AggregateError keeps one per address tried. */
function causes(error: unknown): Error[] {
  // Not instanceof: a socket's error may come from another realm, as in the tests.
  if (!isNativeError(error)) {
    return [];
  }
  const inner = [
    error.cause,
    (error as { driverError?: unknown }).driverError,
    ...((error as { errors?: unknown[] }).errors ?? []),
  ];
  return [error, ...inner.flatMap((cause) => (cause === error ? [] : causes(cause)))];
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Serialization failure, deadlock, lock not available, out of memory or lock space, cancelled: a later attempt can succeed. */
const TRANSIENT_STATES = ['40001', '40P01', '55P03', '53200', '57014'];

/**
 * Repeats the work while it fails because the database is unavailable, another transaction was in the way, or `willPass` says so of the
 * error. Every other error is thrown at once, and so is the reason of the signal when it ends the waiting.
 */
export async function retryWhileUnavailable<T>(
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

/** Whether the work failed because the database is unavailable, or because another transaction was in the way. */
export function isWorthRetrying(error: unknown): boolean {
  return isDatabaseUnavailable(error) || TRANSIENT_STATES.includes(sqlState(error) ?? '');
}
