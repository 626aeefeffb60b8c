import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { commandCompleted, commandFailed, commandPostponed } from '../../events/bodies/command-bodies.js';
import { deviceMessage } from '../../events/bodies/device-bodies.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { EventLog } from '../../events/event-log.js';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { type PipelinedTransaction } from '../../platform/database/driver-statements.js';
import { isBadRow } from '../../platform/database/database-errors.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, type MessageCodec } from '../../protocol/codec-ids.js';
import { messageText } from '../../protocol/message.js';
import { CommandCounters } from '../command-counters.js';
import { type CommandMatch, CommandMatching, type FoundCommand } from './command-matching.js';
import { type AppliedEffect, CommandRepliesRepository, type ReplyEffect } from './command-replies.repository.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';
import { type DeviceReply } from '../in-flight/kept-replies.js';
import { CommandEnds } from '../waiting/command-ends.js';

const MAX_REPLIES = 256;
/** Batches at the same time: while one waits for its commit, the next one is matched. */
const BATCHES = 2;
const COMMAND_EVENTS = ['command.completed', 'command.failed', 'command.postponed'] as const;
/** Codecs as people name them. */
const CODEC_NUMBERS: Readonly<Record<MessageCodec, number>> = { [CODEC_12]: 12, [CODEC_13]: 13, [CODEC_14]: 14, [CODEC_15]: 15 };

/** What a stored reply has changed. `othersWait`: another command of the device waits, perhaps for the slot that is free now. */
export interface StoredReply {
  readonly othersWait: boolean;
}

interface Submission {
  readonly reply: DeviceReply;
  /** Whether the command may be taken from memory instead of looked up. */
  readonly mayUseHint: boolean;
}

/**
 * `changed`: its command was ended, or written again, since it was looked up, so that it is looked up again. `not-reached`: an earlier reply of its
 * device was in the batch.
 */
type Submitted = StoredReply | 'changed' | 'not-reached';

/** What a reply of a round answers, before it is stored. Null: nothing, it is the device's own message. */
interface Decision {
  readonly reply: DeviceReply;
  readonly found: FoundCommand | null;
}

type Answer = Decision & { readonly found: CommandMatch };

/**
 * Stores replies, those of many devices in one transaction: the commands that they answer, the attempts, the events, and the messages that answer
 * nothing. A command is changed only if it still is what was matched, so that nothing is confirmed twice.
 */
@Injectable()
export class ReplyStore {
  private readonly logger = new Logger(ReplyStore.name);
  private readonly batches = new GroupCommit<Submission, Submitted>({
    run: (submissions) => this.storeAll(submissions),
    maxItems: MAX_REPLIES,
    concurrency: BATCHES,
    gather: () => nextTurn(),
    isFaultOfOneItem: isBadRow,
  });

  constructor(
    private readonly repository: CommandRepliesRepository,
    private readonly messages: DeviceMessagesRepository,
    private readonly events: EventLog,
    private readonly matching: CommandMatching,
    private readonly counters: CommandCounters,
    private readonly ends: CommandEnds,
  ) {}

  /** Whether a transaction is needed for commands and their events. */
  private get recordsCommands(): boolean {
    return COMMAND_EVENTS.some((type) => this.events.records(type));
  }

  /** Resolves after the commit. A rejection means that nothing of the reply is stored, or that the outcome of the commit is not known. */
  async store(reply: DeviceReply): Promise<StoredReply> {
    for (let mayUseHint = true; ;) {
      const result = await this.batches.add({ reply, mayUseHint });
      if (result !== 'not-reached' && result !== 'changed') {
        return result;
      }
      mayUseHint &&= result === 'not-reached';
    }
  }

  /** One transaction: what it has stored is never stored again because of an error in a later one. */
  private async storeAll(submissions: readonly Submission[]): Promise<readonly Submitted[]> {
    const round = oldestOfEachDevice(submissions);
    const stored = new Map<DeviceReply, StoredReply>();
    const hints = round.flatMap(({ reply, mayUseHint }) =>
      mayUseHint ? toDecision(reply, this.matching.matchWritten(reply)) : [],
    );
    const hinted = new Set(hints.map(({ reply }) => reply));
    const others = round.map(({ reply }) => reply).filter((reply) => !hinted.has(reply));
    const decisions = [...hints, ...(await this.lookUp(others, stored))];
    if (decisions.length > 0) {
      (await this.commit(decisions)).forEach(([decision, effect]) => {
        this.noteStored(decision, effect);
        stored.set(decision.reply, { othersWait: effect?.othersWait ?? false });
      });
      this.events.signalAppended();
    }
    const reached = new Set(round);
    return submissions.map((submission) => stored.get(submission.reply) ?? (reached.has(submission) ? 'changed' : 'not-reached'));
  }

  /** Looks up what the replies may answer. Those of connections whose device another instance owns now are stored as they are: not at all. */
  private async lookUp(replies: readonly DeviceReply[], stored: Map<DeviceReply, StoredReply>): Promise<Decision[]> {
    const nowMs = Date.now();
    const aged = replies.map((reply) => ({ ...reply, ageSeconds: (nowMs - reply.frame.receivedAtMs) / SECOND_MS }));
    const answerable = replies.length === 0 ? [] : await this.repository.findAnswerable(aged);
    const decisions: Decision[] = [];
    for (const [index, reply] of replies.entries()) {
      const candidates = answerable[index]!;
      if (candidates) {
        decisions.push({ reply, found: await this.matching.match(reply, candidates) });
      } else {
        const { imei } = reply;
        this.logger.warn(`${imei}: a message of an old connection is dropped, another instance owns the device since`, { imei });
        stored.set(reply, { othersWait: false });
      }
    }
    return decisions;
  }

  /** Those decisions that were stored. */
  private async commit(decisions: readonly Decision[]): Promise<(readonly [Decision, AppliedEffect | null])[]> {
    const answers = decisions.filter((decision): decision is Answer => decision.found?.kind === 'match');
    const others = decisions.filter((decision) => decision.found?.kind !== 'match');
    if (others.length === 0 && !this.recordsCommands) {
      const effects = await this.repository.apply(answers.map(toEffect));
      return answers.flatMap((answer, index) => (effects[index] ? [[answer, effects[index]] as const] : []));
    }
    return this.repository.transaction(async (transaction) => {
      const effects = await this.applyFirst(transaction, answers);
      const applied = answers.flatMap((answer, index) => (effects[index] ? [[answer, effects[index]] as const] : []));
      const messages = await this.insertMessages(transaction.manager, others);
      await this.events.append(transaction.manager, [
        ...applied.flatMap(([answer, effect]) => eventOf(answer, effect) ?? []),
        ...messages,
      ]);
      await transaction.commit();
      return [...applied, ...others.map((decision) => [decision, null] as const)];
    });
  }

  private async applyFirst(transaction: PipelinedTransaction, answers: readonly Answer[]): Promise<(AppliedEffect | null)[]> {
    if (answers.length > 0) {
      return this.repository.apply(answers.map(toEffect), transaction);
    }
    await transaction.begin();
    return [];
  }

  private async insertMessages(manager: EntityManager, decisions: readonly Decision[]): Promise<NewEvent[]> {
    const events: NewEvent[] = [];
    for (const { reply } of decisions) {
      const { message, receivedAtMs } = reply.frame;
      const stored = await this.messages.insert(manager, {
        imei: reply.imei,
        receivedAt: new Date(receivedAtMs),
        codec: CODEC_NUMBERS[message.codec],
        messageType: message.type,
        deviceTime: message.timestampS === null ? null : new Date(message.timestampS * SECOND_MS),
        text: storableText(message.payload),
        payload: message.payload,
      });
      events.push(deviceMessage(stored));
    }
    return events;
  }

  private noteStored({ reply, found }: Decision, effect: AppliedEffect | null): void {
    if (found) {
      this.matching.noteAnswered(reply, found);
    }
    if (effect && found?.kind === 'match') {
      const { verdict, command } = found;
      if (verdict === 'completed') {
        this.counters.countEnd('COMPLETED', command.standing === 'late' ? 'late' : 'none');
        this.ends.ended([command.commandLogId]);
      } else if (verdict === 'rejected') {
        this.counters.countEnd('FAILED', 'rejected');
        this.ends.ended([command.commandLogId]);
      }
    }
  }
}

function toDecision(reply: DeviceReply, found: FoundCommand | null): Decision[] {
  return found === null ? [] : [{ reply, found }];
}

/** A device's replies are stored one after the other: each is matched with what the one before it has left. */
function oldestOfEachDevice(submissions: readonly Submission[]): Submission[] {
  const seen = new Set<string>();
  return submissions.filter(({ reply: { imei } }) => !seen.has(imei) && seen.add(imei));
}

function toEffect({ reply, found }: Answer): ReplyEffect {
  const { command, verdict, isHint } = found;
  return { command, epoch: reply.epoch, verdict, response: responseOf(reply), isHint };
}

/** Null when the host has been notified of the same before, or is not notified of it. */
function eventOf({ reply, found }: Answer, { expiresAt }: AppliedEffect): NewEvent | null {
  const { command, verdict } = found;
  const late = command.standing === 'late';
  const reported = { ...command, response: responseOf(reply) };
  switch (verdict) {
    case 'completed':
      return commandCompleted({ ...reported, late, confirmedBy: 'reply' });
    case 'rejected':
      // The failure of a late one was reported already; only the words are new.
      return late ? null : commandFailed({ ...reported, reason: 'rejected' });
    case 'postponed':
      return command.status === 'PENDING' && command.deviceState !== 'queued'
        ? commandPostponed({ ...reported, expiresAt })
        : null;
    case 'unrecognised':
      return null;
  }
}

function responseOf({ frame }: DeviceReply): string {
  return storableText(frame.message.payload);
}

/** PostgreSQL's text holds no NUL; the payload beside it has every byte. */
function storableText(payload: Buffer): string {
  return messageText(payload).replaceAll('\0', '\uFFFD');
}
