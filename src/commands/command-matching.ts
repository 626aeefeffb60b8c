import { Injectable } from '@nestjs/common';
import { CommandSettings } from '../platform/config/settings.js';
import { CODEC_12, CODEC_14 } from '../protocol/codec-ids.js';
import { MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY, messageText } from '../protocol/message.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { matchNack, matchReply, type ReplyMatch } from './catalogue/reply-matching.js';
import { type AnswerableCommand } from './command-replies.repository.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';
import { type DeviceReply } from './kept-replies.js';

/** Finds the command that a message of a device answers: the catalogue's rules, with what they need to know of the device. */
@Injectable()
export class CommandMatching {
  constructor(
    private readonly messages: DeviceMessagesRepository,
    private readonly catalogue: CommandCatalogue,
    private readonly settings: CommandSettings,
  ) {}

  /** Null: it is the device's own message. */
  async match(reply: DeviceReply, candidates: readonly AnswerableCommand[]): Promise<ReplyMatch<AnswerableCommand> | null> {
    const { message } = reply.frame;
    if (message.type === MESSAGE_TYPE_NACK && message.codec === CODEC_14) {
      return matchNack(candidates);
    }
    if (message.type !== MESSAGE_TYPE_REPLY || (message.codec !== CODEC_12 && message.codec !== CODEC_14)) {
      return null;
    }
    const match = this.matchText(reply, candidates, false);
    if (match?.verdict !== 'unrecognised') {
      return match;
    }
    if (match.candidate.deviceState === 'unrecognised') {
      // It has its words already; these answer nothing.
      return null;
    }
    // Asked only now: the usual reply fits a pattern, and is spared the query.
    const forwardsSerial = await this.messages.hasTextWithinHour(reply.imei, new Date(reply.frame.receivedAtMs));
    return forwardsSerial ? this.matchText(reply, candidates, true) : match;
  }

  private matchText(
    { frame: { message } }: DeviceReply,
    candidates: readonly AnswerableCommand[],
    forwardsSerial: boolean,
  ): ReplyMatch<AnswerableCommand> | null {
    const reply = { text: messageText(message.payload), codec: message.codec === CODEC_14 ? (14 as const) : (12 as const) };
    const validate = this.settings.VALIDATE_COMMAND_RESPONSE;
    return matchReply(candidates, reply, this.catalogue, { validate, forwardsSerial });
  }
}
