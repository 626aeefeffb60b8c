import { Injectable } from '@nestjs/common';
import { CommandSettings } from '../commands.settings.js';
import { CODEC_12, CODEC_14 } from '../../protocol/codec-ids.js';
import { MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY, messageText } from '../../protocol/message.js';
import { CommandCatalogue, trimReply } from '../catalogue/command-catalogue.js';
import { matchNack, matchReply, type ReplyCandidate, type ReplyMatch } from '../catalogue/reply-matching.js';
import { type AnswerableCommand, type AnsweredCommand } from './command-replies.repository.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';
import { type DeviceReply } from '../in-flight/kept-replies.js';
import { UnansweredWritings } from '../in-flight/unanswered-writings.js';
import { WatchedOutputs } from '../in-flight/watched-outputs.js';

/** A command that a reply answers. `isHint`: it was not looked up, so that it may have ended, or been written again, in the meantime. */
export interface CommandMatch {
  readonly kind: 'match';
  readonly commandLogId: string;
  readonly command: AnsweredCommand;
  readonly verdict: ReplyMatch<ReplyCandidate>['verdict'];
  readonly isHint: boolean;
}

/** `repeated`: one more answer to a command that has ended already; it changes nothing. */
export type FoundCommand = CommandMatch | { readonly kind: 'repeated'; readonly commandLogId: string };

type Candidate = ReplyCandidate & { readonly row: AnswerableCommand | null; readonly sentAt: Date | null };

/** Finds the command that a message of a device answers: the catalogue's rules, with what they need to know of the device. */
@Injectable()
export class CommandMatching {
  constructor(
    private readonly messages: DeviceMessagesRepository,
    private readonly catalogue: CommandCatalogue,
    private readonly settings: CommandSettings,
    private readonly unanswered: UnansweredWritings,
    private readonly watched: WatchedOutputs,
  ) {}

  /**
   * The command that the reply completes, by what this instance has written to the connection, without a look into the database. Null when that does not
   * say it for certain. It does when one pattern only accepts the words, of all commands that the device has not answered on this connection: a command
   * in flight whose own pattern accepts them goes before everything else (matchReply, 1).
   */
  matchWritten({ imei, connectionId, frame }: DeviceReply): CommandMatch | null {
    const { message } = frame;
    if (!this.settings.VALIDATE_COMMAND_RESPONSE || message.type !== MESSAGE_TYPE_REPLY || !isCommandCodec(message.codec)) {
      return null;
    }
    const codec = codecNumber(message.codec);
    const text = messageText(message.payload);
    const unanswered = this.unanswered.of(connectionId, frame.receivedAtMs);
    const claims = unanswered.filter((writing) => writing.codec === codec && this.catalogue.weigh(writing.command, text).isOwn);
    const [only, ...more] = claims;
    if (only === undefined || more.length > 0 || !this.isCompleted(only.command, text)) {
      return null;
    }
    const { commandLogId, command, action, metadata, attempt } = only;
    const found = { status: 'PENDING', deviceState: null, supersededBy: null, standing: 'in-flight' } as const;
    return {
      kind: 'match',
      commandLogId,
      command: { commandLogId, imei, command, action, metadata, attempts: attempt, answeredAttempt: attempt, ...found },
      verdict: 'completed',
      isHint: true,
    };
  }

  /** Null: it is the device's own message. */
  async match(reply: DeviceReply, answerable: readonly AnswerableCommand[]): Promise<FoundCommand | null> {
    const { message } = reply.frame;
    const candidates = this.candidatesFor(reply, answerable);
    if (message.type === MESSAGE_TYPE_NACK && message.codec === CODEC_14) {
      return toFound(matchNack(candidates));
    }
    if (message.type !== MESSAGE_TYPE_REPLY || !isCommandCodec(message.codec)) {
      return null;
    }
    const match = this.matchText(reply, candidates, false);
    if (match?.candidate.row?.deviceState === 'unrecognised' && match.verdict === 'unrecognised') {
      // It has its words already; these answer nothing.
      return null;
    }
    // Asked only now: the usual reply fits a pattern, and is spared the query.
    const mayBeSerial = match?.verdict === 'unrecognised' || (match !== null && trimReply(messageText(message.payload)) === '');
    return toFound(mayBeSerial && (await this.forwardsSerial(reply)) ? this.matchText(reply, candidates, true) : match);
  }

  /** The reply was stored as the answer to it. */
  noteAnswered({ imei, connectionId }: DeviceReply, found: FoundCommand): void {
    this.unanswered.noteAnswered(connectionId, found.commandLogId);
    if (found.kind === 'match' && (found.verdict === 'completed' || found.verdict === 'rejected')) {
      this.watched.remove(imei, found.commandLogId);
    }
  }

  /** The rows, and the commands that have ended but were written to this connection more often than answered; in the order of their writing. */
  private candidatesFor({ connectionId, frame }: DeviceReply, answerable: readonly AnswerableCommand[]): Candidate[] {
    const writings = this.unanswered.of(connectionId, frame.receivedAtMs);
    const unanswered = new Set(writings.map(({ commandLogId }) => commandLogId));
    // Words can't answer a command of which no byte has left.
    const rows = answerable
      .filter(({ commandLogId }) => !this.unanswered.isQueued(connectionId, commandLogId))
      .map((row) => ({ ...row, row, isUnansweredHere: unanswered.has(row.commandLogId) }));
    const known = new Set(answerable.map(({ commandLogId }) => commandLogId));
    const ended = writings
      .filter(({ commandLogId, command }) => !known.has(commandLogId) && !this.catalogue.isSilent(command))
      .map((writing) => ({
        ...writing,
        row: null,
        standing: 'ended' as const,
        mayStillBeAnswered: true,
        isUnansweredHere: true,
      }));
    return ended.length === 0 ? rows : [...rows, ...ended].toSorted((one, other) => timeOf(one) - timeOf(other));
  }

  private isCompleted(command: string, text: string): boolean {
    return this.catalogue.kindOf(command) === 'catalogued' && this.catalogue.weigh(command, text).verdict === 'completed';
  }

  private async forwardsSerial({ imei, frame }: DeviceReply): Promise<boolean> {
    const text = await this.messages.findTextWithinHour(imei, new Date(frame.receivedAtMs));
    // What the catalogue knows is a late or repeated answer.
    return text !== null && trimReply(text) !== '' && !this.catalogue.isKnownReply(text);
  }

  private matchText(
    { frame: { message } }: DeviceReply,
    candidates: readonly Candidate[],
    forwardsSerial: boolean,
  ): ReplyMatch<Candidate> | null {
    const reply = { text: messageText(message.payload), codec: codecNumber(message.codec) };
    const validate = this.settings.VALIDATE_COMMAND_RESPONSE;
    return matchReply(candidates, reply, this.catalogue, { validate, forwardsSerial });
  }
}

function isCommandCodec(codec: number): boolean {
  return codec === CODEC_12 || codec === CODEC_14;
}

function codecNumber(codec: number): 12 | 14 {
  return codec === CODEC_14 ? 14 : 12;
}

function timeOf({ sentAt }: Candidate): number {
  return sentAt?.getTime() ?? 0;
}

function toFound(match: ReplyMatch<Candidate> | null): FoundCommand | null {
  if (match === null) {
    return null;
  }
  const { commandLogId, row } = match.candidate;
  return row === null
    ? { kind: 'repeated', commandLogId }
    : { kind: 'match', commandLogId, command: row, verdict: match.verdict, isHint: false };
}
