import { type DeviceState, type FailureReason } from '../command.js';

/** What the sweeper knows of a pending command whose time has come. */
export interface DueCommand {
  readonly inFlight: boolean;
  readonly attempts: number;
  readonly maxRetry: number;
  /** Not null: the device has said something about it, and it is not written again. */
  readonly deviceState: DeviceState | null;
  /** The answer to its last attempt is overdue. */
  readonly timedOut: boolean;
  /** No further attempt may be made. */
  readonly expired: boolean;
  /** It has a guard, which is not met now. Evaluated only when it is expired. */
  readonly guardUnmet: boolean;
}

/** `release` gives its slot back and lets it wait for its next attempt; `wait` finds nothing due after all. */
export type DueOutcome =
  { readonly kind: 'release' } | { readonly kind: 'fail'; readonly reason: FailureReason } | { readonly kind: 'wait' };

/**
 * A command ends by attempts or by time. Never as "expired" once a byte may have been written: then the device may have
 * executed it, and only "unconfirmed" is true.
 */
export function outcomeOfDue(command: DueCommand): DueOutcome {
  const { inFlight, attempts, maxRetry, timedOut, expired, deviceState, guardUnmet } = command;
  if (deviceState === 'queued') {
    return expired ? { kind: 'fail', reason: 'unconfirmed' } : { kind: 'wait' };
  }
  if (deviceState === 'unrecognised') {
    return timedOut ? { kind: 'fail', reason: 'unrecognised' } : { kind: 'wait' };
  }
  const attemptsLeft = attempts <= maxRetry;
  if (inFlight) {
    if (!timedOut) {
      return { kind: 'wait' };
    }
    return attemptsLeft ? { kind: 'release' } : { kind: 'fail', reason: 'unconfirmed' };
  }
  if (attempts > 0 && !attemptsLeft) {
    return timedOut ? { kind: 'fail', reason: 'unconfirmed' } : { kind: 'wait' };
  }
  if (!expired) {
    return { kind: 'wait' };
  }
  if (attempts > 0) {
    return { kind: 'fail', reason: 'unconfirmed' };
  }
  return { kind: 'fail', reason: guardUnmet ? 'guard' : 'expired' };
}
