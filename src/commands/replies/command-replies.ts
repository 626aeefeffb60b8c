import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { isWorthRetrying, retryWhileUnavailable } from '../../platform/database/database-errors.js';
import { EventLog } from '../../events/event-log.js';
import { deviceMessage } from '../../events/bodies/device-bodies.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, type MessageCodec } from '../../protocol/codec-ids.js';
import { type DeviceMessage, messageText } from '../../protocol/message.js';
import { type DeviceMessageFrame } from '../../transport/patterns.js';
import { type ReplyMatch } from '../catalogue/reply-matching.js';
import { CommandDispatcher } from '../dispatch/command-dispatcher.js';
import { commandCompleted, commandFailed } from '../../events/bodies/command-bodies.js';
import { CommandMatching } from './command-matching.js';
import {
  type AnswerableCommand,
  CommandRepliesRepository,
  type ReplyEffect,
  type Settlement,
} from './command-replies.repository.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';
import { type DeviceReply, KeptReplies } from './kept-replies.js';
import { SECOND_MS } from '../../platform/time-units.js';

/** Codecs as people name them. */
const CODEC_NUMBERS: Readonly<Record<MessageCodec, number>> = { [CODEC_12]: 12, [CODEC_13]: 13, [CODEC_14]: 14, [CODEC_15]: 15 };
/** How long a stop waits for the last try to store what is kept. */
const LAST_TRY_MS = 5_000;

/**
 * What a device sends: the answer to a command, or a message of its own. A reply is a fact with an identity (connection, attempt): while the
 * database is unavailable it is kept, also when its connection closes, and nothing is written to the device before it is stored. The matched row, its
 * attempt and the event change together, and only if the row is still what was matched, so that nothing is confirmed twice.
 */
@Injectable()
export class CommandReplies implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(CommandReplies.name);
  private readonly stopping = new AbortController();
  /** Devices whose kept replies are being stored. */
  private readonly storing = new Set<Promise<void>>();

  constructor(
    private readonly repository: CommandRepliesRepository,
    private readonly messages: DeviceMessagesRepository,
    private readonly kept: KeptReplies,
    private readonly dispatcher: CommandDispatcher,
    private readonly events: EventLog,
    private readonly matching: CommandMatching,
  ) {}

  /** Resolves when the reply is stored, or kept: a device is never acknowledged for a message, so it will not send it twice. */
  async take(reply: DeviceReply): Promise<void> {
    if (!this.kept.has(reply.imei)) {
      try {
        const wakes = await this.store(reply);
        this.events.signalAppended();
        if (wakes) {
          this.dispatcher.wake(reply.imei);
        }
        return;
      } catch (error) {
        if (!isWorthRetrying(error)) {
          throw error;
        }
      }
    }
    if (await this.kept.add(reply)) {
      const storing = this.storeKept(reply.imei);
      this.storing.add(storing);
      void storing.finally(() => this.storing.delete(storing));
    }
  }

  /** One last try for what is kept, as long as there is a pool. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('The gateway is stopping'));
    const timeUp = new AbortController();
    await Promise.race([
      Promise.all(this.storing).finally(() => timeUp.abort()),
      delay(LAST_TRY_MS, undefined, { signal: timeUp.signal }).catch(() => undefined),
    ]);
  }

  onApplicationShutdown(): void {
    if (this.kept.count > 0) {
      this.logger.error(
        `${this.kept.count} messages of ${this.kept.devices.length} devices could not be stored before the stop, the database is unavailable: ` +
          'the commands they answer count as written and unanswered',
      );
    }
  }

  private async storeKept(imei: string): Promise<void> {
    // The outage itself is logged once, where it is noticed; `iot_broker_replies_kept` counts these.
    this.logger.debug(`${imei}: its messages are kept until the database is back`, { imei });
    for (let reply = this.kept.first(imei); reply; reply = this.kept.first(imei)) {
      try {
        await this.storeWhenBack(reply);
      } catch (error) {
        if (this.stopping.signal.aborted) {
          return;
        }
        this.logger.error(`${imei}: a message was kept and can't be stored: ${String(error)}`, { imei });
      }
      this.kept.removeFirst(imei);
      this.events.signalAppended();
    }
    this.dispatcher.wake(imei);
  }

  private async storeWhenBack(reply: DeviceReply): Promise<void> {
    const { signal } = this.stopping;
    try {
      await retryWhileUnavailable(() => this.store(reply), signal);
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
      await this.store(reply);
    }
  }

  /** Returns whether another command can be written now. */
  private async store(reply: DeviceReply): Promise<boolean> {
    const { imei, frame } = reply;
    for (;;) {
      const candidates = await this.repository.findAnswerable(reply, (Date.now() - frame.receivedAtMs) / SECOND_MS);
      if (!candidates) {
        this.logger.warn(`${imei}: a message of an old connection is dropped, another instance owns the device since`, { imei });
        return false;
      }
      const found = await this.matching.match(reply, candidates);
      const effect = found?.kind === 'match' ? await this.apply(found.match, reply) : await this.keepAsMessage(imei, frame);
      if (effect) {
        if (found) {
          this.matching.noteAnswered(reply, found);
        }
        return effect.othersWait;
      }
      // It was ended, or written again, since we looked: look again.
    }
  }

  /** Null when the command is no longer as it was found. */
  private apply({ candidate, verdict }: ReplyMatch<AnswerableCommand>, reply: DeviceReply): Promise<ReplyEffect | null> {
    const response = storableText(reply.frame.message.payload);
    const deliver = this.events.delivers;
    switch (verdict) {
      case 'postponed':
        return this.repository.postpone(candidate, reply, {
          response,
          notify: this.events.records('command.postponed'),
          deliver,
        });
      case 'unrecognised':
        return this.repository.noteUnrecognised(candidate, reply, response);
      case 'completed':
      case 'rejected':
        return this.repository.settle(candidate, reply, this.settlement(candidate, verdict, response));
    }
  }

  private settlement(candidate: AnswerableCommand, verdict: 'completed' | 'rejected', response: string): Settlement {
    const late = candidate.standing === 'late';
    const deliver = this.events.delivers;
    if (verdict === 'completed') {
      const event = commandCompleted({ ...candidate, response, late });
      return { status: 'COMPLETED', reason: null, result: 'confirmed', response, event: this.wanted(event), deliver };
    }
    // The failure of a late one was reported already; only the words are new.
    const event = late ? null : this.wanted(commandFailed({ ...candidate, reason: 'rejected', response }));
    return { status: 'FAILED', reason: 'rejected', result: 'rejected', response, event, deliver };
  }

  private wanted(event: NewEvent): NewEvent | null {
    return this.events.records(event.type) ? event : null;
  }

  private async keepAsMessage(imei: string, { message, receivedAtMs }: DeviceMessageFrame): Promise<ReplyEffect> {
    await this.messages.transaction((manager) => this.insert(manager, imei, message, receivedAtMs));
    return { othersWait: false };
  }

  private async insert(manager: EntityManager, imei: string, message: DeviceMessage, receivedAtMs: number): Promise<void> {
    const stored = await this.messages.insert(manager, {
      imei,
      receivedAt: new Date(receivedAtMs),
      codec: CODEC_NUMBERS[message.codec],
      messageType: message.type,
      deviceTime: message.timestampS === null ? null : new Date(message.timestampS * 1000),
      text: storableText(message.payload),
      payload: message.payload,
    });
    await this.events.append(manager, [deviceMessage(stored)]);
  }
}

/** PostgreSQL's text holds no NUL; the payload beside it has every byte. */
function storableText(payload: Buffer): string {
  return messageText(payload).replaceAll('\0', '\uFFFD');
}
