import { Injectable } from '@nestjs/common';
import { CommandCatalogue } from '../catalogue/command-catalogue.js';
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
  /** What it sets, for example output:1. */
  readonly targets: readonly string[];
  /** By the clock of the database, which orders what was written. */
  readonly sentAt: Date | null;
  /** By the clock of this process: from then on no answer is expected any more. */
  readonly expiresAtMs: number;
}

/**
 * `queued`: on record, its bytes have not left. `answered`: kept only for `startWriting`, as the newest writing for its targets.
 */
interface Writing extends UnansweredWriting {
  state: 'queued' | 'written' | 'answered';
}

const PRUNE_EVERY_MS = MINUTE_MS;
/** A claim and the wait in the queue take less. */
const REMEMBERED_MS = 20 * SECOND_MS;
/** Of one connection. The oldest are forgotten: of a device that answers nothing. */
const MAX_WRITINGS = 200;

/**
 * What this instance has written to its connections and the device has not answered. The rows of the commands do not say it: a command that was
 * written twice ends by the first of its two answers, and the second one must not become the answer to another command. In memory only,
 * because an answer comes by the connection that the command was written to, and a connection does not outlive the process.
 */
@Injectable()
export class UnansweredWritings {
  private readonly byConnection = new Map<string, Writing[]>();
  private readonly listeners: ((written: ClaimedCommand) => void)[] = [];
  private nextPruneAtMs = 0;
  /** Commands that have ended lately, by the period in which they ended. */
  private ended = new Set<string>();
  private endedBefore = new Set<string>();
  private nextPeriodAtMs = 0;

  constructor(private readonly catalogue: CommandCatalogue) {}

  get connections(): number {
    return this.byConnection.size;
  }

  /** Calls back for every writing that is added. */
  onAdded(listener: (written: ClaimedCommand) => void): void {
    this.listeners.push(listener);
  }

  /** When its attempt is on record, before its bytes leave: it is queued. */
  add(connectionId: string, claimed: ClaimedCommand, nowMs = Date.now()): void {
    this.prune(nowMs);
    const { commandLogId, command, action, codec, metadata, attempts: attempt, sentAt, timeoutSeconds } = claimed;
    const expiresAtMs = nowMs + 2 * timeoutSeconds * SECOND_MS;
    const targets = this.catalogue.targetsOf(command);
    const writing: Writing = {
      commandLogId,
      command,
      action,
      codec,
      metadata,
      attempt,
      targets,
      sentAt,
      expiresAtMs,
      state: 'queued',
    };
    const writings = this.byConnection.get(connectionId);
    if (writings) {
      writings.push(writing);
      writings.splice(0, writings.length - MAX_WRITINGS);
    } else {
      this.byConnection.set(connectionId, [writing]);
    }
    this.listeners.forEach((listener) => listener(claimed));
  }

  /**
   * To be called immediately before the bytes of a queued attempt leave. False: they must not leave. The command was answered or has ended in the meantime,
   * or a newer one for the same targets, or with the same text, has been claimed for the connection: that one has ended it.
   */
  startWriting(connectionId: string, { commandLogId, attempts }: Pick<ClaimedCommand, 'commandLogId' | 'attempts'>): boolean {
    const writings = this.byConnection.get(connectionId) ?? [];
    const own = writings.find((writing) => writing.commandLogId === commandLogId && writing.attempt === attempts);
    const hasEnded = this.ended.has(commandLogId) || this.endedBefore.has(commandLogId);
    if (own?.state !== 'queued' || hasEnded || writings.some((other) => isNewer(other, own) && concernsTheSame(other, own))) {
      return false;
    }
    own.state = 'written';
    return true;
  }

  /**
   * Commands have ended otherwise than by an answer, also ones whose claim is not known here yet: what is queued of them is not written any more. To be called
   * after the commit, before a newer command is written. They are remembered for longer than a frame is queued.
   */
  noteEnded(commandLogIds: readonly string[], nowMs = Date.now()): void {
    if (nowMs >= this.nextPeriodAtMs) {
      this.endedBefore = this.ended;
      this.ended = new Set();
      this.nextPeriodAtMs = nowMs + REMEMBERED_MS;
    }
    commandLogIds.forEach((id) => this.ended.add(id));
  }

  /** Whether no byte of the command has left by this connection: its only attempt is queued. */
  isQueued(connectionId: string, commandLogId: string): boolean {
    const attempts = (this.byConnection.get(connectionId) ?? []).filter((writing) => writing.commandLogId === commandLogId);
    return attempts.length > 0 && attempts.every(({ state, attempt }) => state === 'queued' && attempt === 1);
  }

  /** Those that were written and may still have been answered at that time, the oldest first. */
  of(connectionId: string, atMs: number): readonly UnansweredWriting[] {
    const writings = this.byConnection.get(connectionId) ?? [];
    return writings.filter(({ state, expiresAtMs }) => state === 'written' && expiresAtMs > atMs);
  }

  /** An answer answers the oldest one: a device answers in the order in which it was asked. An attempt that is queued is not written any more. */
  noteAnswered(connectionId: string, commandLogId: string): void {
    const writings = this.byConnection.get(connectionId) ?? [];
    const isOfCommand = (writing: Writing): boolean => writing.commandLogId === commandLogId;
    const answered = writings.find((writing) => isOfCommand(writing) && writing.state === 'written');
    const isForgotten = (writing: Writing): boolean =>
      (isOfCommand(writing) && writing.state === 'queued') ||
      (writing.state === 'answered' && writing !== answered && answered !== undefined && concernsTheSame(writing, answered)) ||
      (writing === answered && writing.targets.length === 0);
    if (answered) {
      answered.state = 'answered';
    }
    this.keep(connectionId, (writing) => !isForgotten(writing));
  }

  /** Its bytes did not leave. */
  remove(connectionId: string, { commandLogId, attempts }: Pick<ClaimedCommand, 'commandLogId' | 'attempts'>): void {
    this.keep(connectionId, (writing) => writing.commandLogId !== commandLogId || writing.attempt !== attempts);
  }

  private keep(connectionId: string, isKept: (writing: Writing) => boolean): void {
    const kept = this.byConnection.get(connectionId)?.filter(isKept) ?? [];
    if (kept.length === 0) {
      this.byConnection.delete(connectionId);
    } else {
      this.byConnection.set(connectionId, kept);
    }
  }

  private prune(nowMs: number): void {
    if (nowMs < this.nextPruneAtMs) {
      return;
    }
    this.nextPruneAtMs = nowMs + PRUNE_EVERY_MS;
    for (const connectionId of [...this.byConnection.keys()]) {
      this.keep(connectionId, ({ expiresAtMs }) => expiresAtMs > nowMs);
    }
  }
}

/** Ids are given in the order of the requests. */
function isNewer(one: Writing, other: Writing): boolean {
  return BigInt(one.commandLogId) > BigInt(other.commandLogId);
}

function concernsTheSame(one: Writing, other: Writing): boolean {
  return one.command === other.command || one.targets.some((target) => other.targets.includes(target));
}
