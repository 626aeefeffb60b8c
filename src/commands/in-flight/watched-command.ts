import { MAX_CLOCK_AHEAD_MS } from '../guards/guard.js';
import { type OutputStates } from '../catalogue/expected-outputs.js';

/** A command that switches outputs, was written, and is not confirmed. Times in milliseconds since 1970, by the clock of the database. */
export interface WatchedCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly outputs: OutputStates;
  /** The times at which it was written. */
  readonly writtenAtMs: readonly number[];
  /** When a newer command for one of its outputs was written first; Infinity when none was. */
  readonly untilMs: number;
}

/** A written, unconfirmed command of the database. Times in milliseconds since 1970. */
export interface WrittenCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  readonly writtenAtMs: readonly number[];
  /** When a newer command with a common target, or the one that has superseded it, was written first; null when none was. */
  readonly untilMs: number | null;
}

/** A record that shows the state of outputs. */
export interface OutputRecord {
  /** By the clock of the device. */
  readonly timeMs: number;
  /** By the clock of the gateway. */
  readonly receivedAtMs: number;
}

/** The record shows every output of the command in the state that was asked for. */
export function showsOutputs(expected: OutputStates, shown: OutputStates): boolean {
  return ([1, 2] as const).every((output) => expected[output] === undefined || expected[output] === shown[output]);
}

/**
 * The number of the attempt that the record comes after, from 1; null when the record proves nothing for the command. It must have been created and
 * received after the command was written, and created before a newer command for one of its outputs was written: what it shows later may be
 * the newer one's doing. Its clock must not be ahead of its receipt by more than MAX_CLOCK_AHEAD_MS: records that are older than the write would
 * count otherwise.
 */
export function attemptBefore({ writtenAtMs, untilMs }: WatchedCommand, { timeMs, receivedAtMs }: OutputRecord): number | null {
  if (timeMs >= untilMs || timeMs > receivedAtMs + MAX_CLOCK_AHEAD_MS) {
    return null;
  }
  const index = writtenAtMs.findLastIndex((writtenMs) => writtenMs < timeMs && writtenMs <= receivedAtMs);
  return index === -1 ? null : index + 1;
}
