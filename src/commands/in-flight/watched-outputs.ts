import { Injectable } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '../../platform/time-units.js';
import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { type OutputStates } from '../catalogue/expected-outputs.js';
import { type ClaimedCommand } from '../command.js';
import { UnansweredWritings } from './unanswered-writings.js';
import { attemptBefore, type WatchedCommand, type OutputRecord, showsOutputs, type WrittenCommand } from './watched-command.js';

/** Commands that an instance looks for in records. Further ones, the oldest, are confirmed by replies only. */
export const MAX_WATCHED = 10_000;
/** A reply gets this time first: it says more than a record. */
export const REPLY_FIRST_MS = 2 * SECOND_MS;
const TRY_AGAIN_MS = 2 * SECOND_MS;
const SEARCH_EVERY_MS = MINUTE_MS;
/** Records of the time before the last search are searched again, because they arrive late. */
const SEARCH_OVERLAP_MS = 5 * MINUTE_MS;

/** A watched command with the record that shows its outputs. */
export interface ShownCommand {
  readonly command: WatchedCommand;
  readonly record: OutputRecord;
}

/** A search for the first stored record after `fromMs` that shows the outputs of the command. */
export interface RecordSearch {
  readonly command: WatchedCommand;
  readonly fromMs: number;
}

interface Entry {
  command: WatchedCommand;
  readonly addedAtMs: number;
  /** The earliest record that confirms it. */
  record: OutputRecord | null;
  tryAtMs: number;
  /** Stored records were searched up to then. */
  searchedToMs: number;
}

/**
 * The written, unconfirmed commands whose outputs records can show, of the devices that this instance has. An index in memory, so that storing
 * records of all other devices costs one look-up by IMEI: 22 ns a frame while no command is watched, 33 ns beside 1,000 of them. The database has the truth: `replace` brings the index up to date with it.
 */
@Injectable()
export class WatchedOutputs {
  private readonly byDevice = new Map<string, Map<string, Entry>>();
  private count = 0;

  constructor(
    private readonly catalogue: CommandCatalogue,
    unanswered: UnansweredWritings,
  ) {
    unanswered.onAdded((written) => this.noteWritten(written));
  }

  get size(): number {
    return this.count;
  }

  has(imei: string): boolean {
    return this.byDevice.has(imei);
  }

  /** The command's attempt is on record, and its bytes leave now. It ends the time in which records can confirm older ones for its outputs. */
  noteWritten({ commandLogId, imei, command: text, sentAt }: ClaimedCommand, nowMs = Date.now()): void {
    const targets = this.catalogue.targetsOf(text);
    if (!targets.some((target) => target.startsWith('output:'))) {
      return;
    }
    const writtenMs = sentAt?.getTime() ?? nowMs;
    for (const entry of this.entriesOf(imei)) {
      const { command } = entry;
      if (command.commandLogId === commandLogId) {
        entry.command = { ...command, writtenAtMs: [...command.writtenAtMs, writtenMs] };
        return;
      }
      if (outputNames(command.outputs).some((output) => targets.includes(output))) {
        entry.command = { ...command, untilMs: Math.min(command.untilMs, writtenMs) };
      }
    }
    const outputs = this.catalogue.expectedOutputs(text);
    if (outputs !== null && this.count < MAX_WATCHED) {
      this.put({ commandLogId, imei, outputs, writtenAtMs: [writtenMs], untilMs: Infinity }, nowMs, nowMs);
    }
  }

  /** It has ended. */
  remove(imei: string, commandLogId: string): void {
    const entries = this.byDevice.get(imei);
    if (entries?.delete(commandLogId)) {
      this.count--;
      if (entries.size === 0) {
        this.byDevice.delete(imei);
      }
    }
  }

  /** A record of the device shows these outputs. The earliest record counts: the longer one waits, the more newer commands there are. */
  noteRecord(imei: string, shown: OutputStates, record: OutputRecord): void {
    for (const entry of this.entriesOf(imei)) {
      const isEarlier = entry.record === null || record.timeMs < entry.record.timeMs;
      if (isEarlier && showsOutputs(entry.command.outputs, shown) && attemptBefore(entry.command, record) !== null) {
        entry.record = record;
      }
    }
  }

  /** Commands that a record shows and whose time for a reply is over. Each is due again after TRY_AGAIN_MS, unless it is removed. */
  takeShown(nowMs = Date.now()): ShownCommand[] {
    const shown: ShownCommand[] = [];
    for (const entry of this.entries()) {
      const { command, record } = entry;
      if (record !== null && nowMs >= entry.tryAtMs && nowMs >= command.writtenAtMs.at(-1)! + REPLY_FIRST_MS) {
        entry.tryAtMs = nowMs + TRY_AGAIN_MS;
        shown.push({ command, record });
      }
    }
    return shown;
  }

  /** Which stored records have to be searched: all since the write for a command that was read from the database, later only new ones. */
  searches(nowMs = Date.now()): RecordSearch[] {
    return [...this.entries()]
      .filter(({ record, searchedToMs }) => record === null && nowMs >= searchedToMs + SEARCH_EVERY_MS)
      .map(({ command, searchedToMs }) => ({
        command,
        fromMs: Math.max(command.writtenAtMs[0]!, searchedToMs - SEARCH_OVERLAP_MS),
      }));
  }

  /** Its stored records were searched. */
  noteSearched({ commandLogId, imei, outputs }: WatchedCommand, found: OutputRecord | null, nowMs: number): void {
    const entry = this.byDevice.get(imei)?.get(commandLogId);
    if (entry) {
      entry.searchedToMs = nowMs;
      if (found !== null) {
        this.noteRecord(imei, outputs, found);
      }
    }
  }

  /** What the database had at `readAtMs`. Commands that were written later stay. */
  replace(written: readonly WrittenCommand[], readAtMs: number): void {
    const commands = written.flatMap((command) => this.describe(command) ?? []);
    const known = new Set(commands.map(({ commandLogId }) => commandLogId));
    for (const { command, addedAtMs } of [...this.entries()]) {
      if (!known.has(command.commandLogId) && addedAtMs < readAtMs) {
        this.remove(command.imei, command.commandLogId);
      }
    }
    for (const command of commands) {
      const entry = this.byDevice.get(command.imei)?.get(command.commandLogId);
      if (!entry) {
        this.put(command, readAtMs, -Infinity);
      } else {
        entry.command = command;
        entry.record = entry.record !== null && attemptBefore(command, entry.record) !== null ? entry.record : null;
      }
    }
  }

  /** Null when records can't show what the command does. */
  describe({ commandLogId, imei, command, writtenAtMs, untilMs }: WrittenCommand): WatchedCommand | null {
    const outputs = this.catalogue.expectedOutputs(command);
    const isWatched = outputs !== null && writtenAtMs.length > 0;
    return isWatched ? { commandLogId, imei, outputs, writtenAtMs, untilMs: untilMs ?? Infinity } : null;
  }

  private put(command: WatchedCommand, addedAtMs: number, searchedToMs: number): void {
    const entries = this.byDevice.get(command.imei) ?? new Map<string, Entry>();
    this.byDevice.set(command.imei, entries);
    entries.set(command.commandLogId, { command, addedAtMs, record: null, tryAtMs: 0, searchedToMs });
    this.count++;
  }

  private entriesOf(imei: string): Iterable<Entry> {
    return this.byDevice.get(imei)?.values() ?? [];
  }

  private *entries(): Generator<Entry> {
    for (const entries of this.byDevice.values()) {
      yield* entries.values();
    }
  }
}

function outputNames(outputs: OutputStates): string[] {
  return Object.keys(outputs).map((output) => `output:${output}`);
}
