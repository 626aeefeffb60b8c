import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { CommandSettings } from '../platform/config/settings.js';
import { retryWhileAway } from '../platform/database/retry-while-away.js';
import { type OutboxEvent, OutboxService } from '../platform/outbox/outbox.service.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, type MessageCodec } from '../protocol/codec-ids.js';
import { type DeviceMessage, MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY, messageText } from '../protocol/message.js';
import { type DeviceMessageFrame } from '../transport/patterns.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { matchNack, matchReply, type ReplyMatch } from './catalogue/reply-matching.js';
import { type AnswerableCommand, CommandDeliveryRepository, type Settlement } from './command-delivery.repository.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { commandCompleted, commandFailed } from './command-events.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';

/** Codecs as people name them. */
const CODEC_NUMBERS: Readonly<Record<MessageCodec, number>> = { [CODEC_12]: 12, [CODEC_13]: 13, [CODEC_14]: 14, [CODEC_15]: 15 };

/**
 * What a device says: the answer to a command, or a message of its own. The matched row, its attempt and the event change together, and
 * only if the row is still what was matched, so that nothing is confirmed twice.
 */
@Injectable()
export class CommandReplies implements OnApplicationShutdown {
  private readonly logger = new Logger(CommandReplies.name);
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
  async take(imei: string, epoch: number, frame: DeviceMessageFrame): Promise<void> {
    const mayWake = await retryWhileAway(() => this.takeOnce(imei, epoch, frame), this.stopping.signal);
    this.outbox.announce();
    if (mayWake) {
      this.dispatcher.wake(imei);
    }
  }

  onApplicationShutdown(): void {
    this.stopping.abort(new Error('The gateway is stopping'));
  }

  /** Returns whether a slot is free now that another command waits for. */
  private async takeOnce(imei: string, epoch: number, { message, receivedAtMs }: DeviceMessageFrame): Promise<boolean> {
    for (;;) {
      const candidates = await this.repository.findAnswerable(imei, epoch);
      if (!candidates) {
        this.logger.warn(`${imei}: words of an old connection are dropped, the device has logged in again since`, { imei });
        return false;
      }
      const match = this.match(message, candidates);
      if (!match) {
        await this.keep(imei, message, receivedAtMs);
        return false;
      }
      const text = storableText(message.payload);
      if (match.verdict === 'postponed') {
        // Not yet done: it stays in flight, and the answer to come or its time ends it.
        await this.repository.noteReply(match.candidate.commandLogId, text);
        return false;
      }
      const settled = await this.repository.settle(match.candidate, epoch, this.settlement(match, text));
      if (settled) {
        return settled.othersWait;
      }
      // It was ended, or written again, since we looked: look again.
    }
  }

  private match(message: DeviceMessage, candidates: readonly AnswerableCommand[]): ReplyMatch<AnswerableCommand> | null {
    if (message.type === MESSAGE_TYPE_NACK && message.codec === CODEC_14) {
      return matchNack(candidates);
    }
    if (message.type !== MESSAGE_TYPE_REPLY || (message.codec !== CODEC_12 && message.codec !== CODEC_14)) {
      return null;
    }
    const reply = { text: messageText(message.payload), codec: message.codec === CODEC_14 ? (14 as const) : (12 as const) };
    const match = matchReply(candidates, reply, this.catalogue, {
      validate: this.settings.VALIDATE_COMMAND_RESPONSE,
      forwardsSerial: false,
    });
    return match?.verdict === 'unrecognised' ? null : match;
  }

  private settlement({ candidate, verdict }: ReplyMatch<AnswerableCommand>, response: string): Settlement {
    const late = candidate.standing === 'late';
    const deliver = this.outbox.delivers;
    if (verdict === 'completed') {
      const event = commandCompleted({ ...candidate, response, late });
      return { status: 'COMPLETED', reason: null, result: 'confirmed', response, event: this.wanted(event), deliver };
    }
    // The failure of a late one was told already; only the words are new.
    const event = late ? null : this.wanted(commandFailed({ ...candidate, reason: 'rejected', response }));
    return { status: 'FAILED', reason: 'rejected', result: 'rejected', response, event, deliver };
  }

  private wanted(event: OutboxEvent): OutboxEvent | null {
    return this.outbox.wants(event.type) ? event : null;
  }

  private async keep(imei: string, message: DeviceMessage, receivedAtMs: number): Promise<void> {
    await this.repository.transaction((manager) => this.insert(manager, imei, message, receivedAtMs));
  }

  private async insert(manager: EntityManager, imei: string, message: DeviceMessage, receivedAtMs: number): Promise<void> {
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
