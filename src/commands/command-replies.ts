import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { CommandSettings } from '../platform/config/settings.js';
import { retryWhileAway } from '../platform/database/retry-while-away.js';
import { OutboxService } from '../platform/outbox/outbox.service.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, type MessageCodec } from '../protocol/codec-ids.js';
import { type DeviceMessage, MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY, messageText } from '../protocol/message.js';
import { type DeviceMessageFrame } from '../transport/patterns.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { matchNack, matchReply, type ReplyMatch } from './catalogue/reply-matching.js';
import { type AnswerableCommand, CommandDeliveryRepository } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { commandCompleted, commandFailed } from './command-events.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';

/** Codecs as people name them. */
const CODEC_NUMBERS: Readonly<Record<MessageCodec, number>> = { [CODEC_12]: 12, [CODEC_13]: 13, [CODEC_14]: 14, [CODEC_15]: 15 };

/**
 * What a device says: the answer to a command, or a message of its own. One transaction: the matched row, its attempt and the event
 * change together, and the rows stay locked meanwhile, so that nothing is confirmed twice.
 */
@Injectable()
export class CommandReplies implements OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly messages: DeviceMessagesRepository,
    private readonly dispatcher: CommandDispatcher,
    private readonly outbox: OutboxService,
    private readonly catalogue: CommandCatalogue,
    private readonly settings: CommandSettings,
  ) {}

  /**
   * Tried again for as long as the database is away: a device is never acknowledged for a message, so it will not say it twice. Meanwhile its
   * connection is not read.
   */
  async take(imei: string, frame: DeviceMessageFrame): Promise<void> {
    await retryWhileAway(() => this.takeOnce(imei, frame), this.stopping.signal);
    // A slot may be free now.
    this.dispatcher.wake(imei);
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The gateway is stopping'));
  }

  private async takeOnce(imei: string, { message, receivedAtMs }: DeviceMessageFrame): Promise<void> {
    await this.repository.transaction(async (manager) => {
      const match = this.match(message, await this.repository.lockAnswerable(manager, imei));
      if (match) {
        await this.settle(manager, match, storableText(message.payload));
      } else {
        await this.keep(manager, imei, message, receivedAtMs);
      }
    });
  }

  private match(message: DeviceMessage, candidates: readonly AnswerableCommand[]): ReplyMatch<AnswerableCommand> | null {
    if (message.type === MESSAGE_TYPE_NACK && message.codec === CODEC_14) {
      return matchNack(candidates);
    }
    if (message.type !== MESSAGE_TYPE_REPLY || (message.codec !== CODEC_12 && message.codec !== CODEC_14)) {
      return null;
    }
    const reply = { text: messageText(message.payload), codec: message.codec === CODEC_14 ? (14 as const) : (12 as const) };
    return matchReply(candidates, reply, this.catalogue, this.settings.VALIDATE_COMMAND_RESPONSE);
  }

  private async settle(
    manager: EntityManager,
    { candidate, verdict }: ReplyMatch<AnswerableCommand>,
    text: string,
  ): Promise<void> {
    const { commandLogId } = candidate;
    switch (verdict) {
      case 'completed':
        await this.repository.endAttempt(manager, commandLogId, 'confirmed', text);
        return this.outbox.append(manager, commandCompleted(await this.repository.complete(manager, commandLogId, text)));
      case 'rejected':
        await this.repository.endAttempt(manager, commandLogId, 'rejected', text);
        if (candidate.standing === 'late') {
          // Its failure was told already; only the words are new.
          await this.repository.fail(manager, commandLogId, 'rejected', text);
          return;
        }
        return this.outbox.append(manager, commandFailed(await this.repository.fail(manager, commandLogId, 'rejected', text)));
      case 'queued':
        // Not yet done: it stays in flight, and the answer to come or its time ends it.
        return this.repository.noteReply(manager, commandLogId, text);
    }
  }

  private async keep(manager: EntityManager, imei: string, message: DeviceMessage, receivedAtMs: number): Promise<void> {
    const { messageId, receivedAt, codec, messageType, deviceTime, text, payload } = await this.messages.insert(manager, {
      imei,
      receivedAt: new Date(receivedAtMs),
      codec: CODEC_NUMBERS[message.codec],
      messageType: message.type,
      deviceTime: message.timestampS === null ? null : new Date(message.timestampS * 1000),
      text: storableText(message.payload),
      payload: message.payload,
    });
    const body = { imei, messageId, receivedAt, codec, messageType, deviceTime, text, payloadHex: payload.toString('hex') };
    await this.outbox.append(manager, { type: 'device.message', imei, body });
  }
}

/** PostgreSQL's text holds no NUL; the payload beside it has every byte. */
function storableText(payload: Buffer): string {
  return messageText(payload).replaceAll('\0', '\uFFFD');
}
