import { Injectable } from '@nestjs/common';
import { type ClaimedCommand } from '../command.js';
import { MINUTE_MS, SECOND_MS } from '../../platform/time-units.js';

/** One time a command was written to a connection, as long as the device may still answer it. */
export interface UnansweredWriting {
  readonly commandLogId: string;
  readonly command: string;
  readonly action: string | null;
  readonly codec: 12 | 14;
  /** JSON text. */
  readonly metadata: string | null;
  readonly attempt: number;
  /** By the clock of the database, which orders what was written. */
  readonly sentAt: Date | null;
  /** By the clock of this process: from then on no answer is expected any more. */
  readonly expiresAtMs: number;
}

const PRUNE_EVERY_MS = MINUTE_MS;

/**
 * What this instance has written to its connections and the device has not answered. The rows of the commands do not say it: a command that was
 * written twice ends by the first of its two answers, and the second one must not become the answer to another command. In memory only,
 * because an answer comes by the connection that the command was written to, and a connection does not outlive the process.
 */
@Injectable()
export class UnansweredWritings {
  private readonly byConnection = new Map<string, UnansweredWriting[]>();
  private readonly listeners: ((written: ClaimedCommand) => void)[] = [];
  private nextPruneAtMs = 0;

  get connections(): number {
    return this.byConnection.size;
  }

  /** Calls back for every writing that is added. */
  onAdded(listener: (written: ClaimedCommand) => void): void {
    this.listeners.push(listener);
  }

  /** When its attempt is on record, before its bytes leave. */
  add(connectionId: string, claimed: ClaimedCommand, nowMs = Date.now()): void {
    this.prune(nowMs);
    const { commandLogId, command, action, codec, metadata, attempts: attempt, sentAt, timeoutSeconds } = claimed;
    const expiresAtMs = nowMs + 2 * timeoutSeconds * SECOND_MS;
    const writing = { commandLogId, command, action, codec, metadata, attempt, sentAt, expiresAtMs };
    const writings = this.byConnection.get(connectionId);
    if (writings) {
      writings.push(writing);
    } else {
      this.byConnection.set(connectionId, [writing]);
    }
    this.listeners.forEach((listener) => listener(claimed));
  }

  /** Those that may still have been answered at that time, the oldest first. */
  of(connectionId: string, atMs: number): readonly UnansweredWriting[] {
    return (this.byConnection.get(connectionId) ?? []).filter(({ expiresAtMs }) => expiresAtMs > atMs);
  }

  /** An answer answers the oldest one: a device answers in the order in which it was asked. */
  removeOldest(connectionId: string, commandLogId: string): void {
    this.remove(connectionId, (writings) => writings.findIndex((writing) => writing.commandLogId === commandLogId));
  }

  /** Its bytes did not leave. */
  removeNewest(connectionId: string, commandLogId: string): void {
    this.remove(connectionId, (writings) => writings.findLastIndex((writing) => writing.commandLogId === commandLogId));
  }

  private remove(connectionId: string, find: (writings: readonly UnansweredWriting[]) => number): void {
    const writings = this.byConnection.get(connectionId);
    const index = writings === undefined ? -1 : find(writings);
    if (writings === undefined || index === -1) {
      return;
    }
    writings.splice(index, 1);
    if (writings.length === 0) {
      this.byConnection.delete(connectionId);
    }
  }

  private prune(nowMs: number): void {
    if (nowMs < this.nextPruneAtMs) {
      return;
    }
    this.nextPruneAtMs = nowMs + PRUNE_EVERY_MS;
    for (const connectionId of [...this.byConnection.keys()]) {
      const left = this.of(connectionId, nowMs);
      if (left.length === 0) {
        this.byConnection.delete(connectionId);
      } else {
        this.byConnection.set(connectionId, [...left]);
      }
    }
  }
}
