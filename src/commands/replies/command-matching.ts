import { Injectable } from '@nestjs/common';
import { CommandSettings } from '../commands.settings.js';
import { CODEC_12, CODEC_14 } from '../../protocol/codec-ids.js';
import { MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY, messageText } from '../../protocol/message.js';
import { CommandCatalogue, trimReply } from '../catalogue/command-catalogue.js';
import { matchNack, matchReply, type ReplyCandidate, type ReplyMatch } from '../catalogue/reply-matching.js';
import { type AnswerableCommand } from './command-replies.repository.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';
import { type DeviceReply } from './kept-replies.js';
import { UnansweredWritings } from './unanswered-writings.js';

/** `repeated`: one more answer to a command that has ended already; it changes nothing. */
export type FoundCommand = { readonly commandLogId: string } & (
  { readonly kind: 'match'; readonly match: ReplyMatch<AnswerableCommand> } | { readonly kind: 'repeated' }
);

type Candidate = ReplyCandidate & { readonly row: AnswerableCommand | null; readonly sentAt: Date | null };

/** Finds the command that a message of a device answers: the catalogue's rules, with what they need to know of the device. */
@Injectable()
export class CommandMatching {
  constructor(
    private readonly messages: DeviceMessagesRepository,
    private readonly catalogue: CommandCatalogue,
    private readonly settings: CommandSettings,
    private readonly unanswered: UnansweredWritings,
  ) {}

  /** Null: it is the device's own message. */
  async match(reply: DeviceReply, answerable: readonly AnswerableCommand[]): Promise<FoundCommand | null> {
    const { message } = reply.frame;
    const candidates = this.candidatesFor(reply, answerable);
    if (message.type === MESSAGE_TYPE_NACK && message.codec === CODEC_14) {
      return toFound(matchNack(candidates));
    }
    if (message.type !== MESSAGE_TYPE_REPLY || (message.codec !== CODEC_12 && message.codec !== CODEC_14)) {
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
  noteAnswered({ connectionId }: DeviceReply, { commandLogId }: FoundCommand): void {
    this.unanswered.removeOldest(connectionId, commandLogId);
  }

  /** The rows, and the commands that have ended but were written to this connection more often than answered; in the order of their writing. */
  private candidatesFor({ connectionId, frame }: DeviceReply, answerable: readonly AnswerableCommand[]): Candidate[] {
    const writings = this.unanswered.of(connectionId, frame.receivedAtMs);
    const unanswered = new Set(writings.map(({ commandLogId }) => commandLogId));
    const rows = answerable.map((row) => ({ ...row, row, isUnansweredHere: unanswered.has(row.commandLogId) }));
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
    const reply = { text: messageText(message.payload), codec: message.codec === CODEC_14 ? (14 as const) : (12 as const) };
    const validate = this.settings.VALIDATE_COMMAND_RESPONSE;
    return matchReply(candidates, reply, this.catalogue, { validate, forwardsSerial });
  }
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
    : { kind: 'match', commandLogId, match: { candidate: row, verdict: match.verdict } };
}
