import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { type CommandAnswer, CommandMessages, type TakenMessage } from '../commands/messages/command-messages.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { AnswerPublisher, MESSAGE_ID, userProperty } from './answer-publisher.js';
import { type BrokerConnection, type ReceivedMessage } from './broker-connection.js';
import { CommandTopic } from './command-topic.js';
import { MqttCommandCounters } from './mqtt-command-counters.js';
import { MqttCommandSettings } from './mqtt-commands.settings.js';

/** Name of the actor in the audit. */
const ACTOR = 'mqtt';
const SUCCESS_BELOW = 300;
const OURS_FROM = 500;
/** Between attempts to store a command while the database is not available. */
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 2_000;

/**
 * Takes commands from messages. A message is acknowledged when its command is stored, or refused: until then the broker keeps it. The answer to a
 * stored command is written before the acknowledgement, so that it is sent again when the broker did not get it. The answer to a refused one is written
 * after it, so that a command is not executed whose refusal was reported.
 *
 * Brokers may end a connection that publishes where it has no permission (MQTT 5, section 3.3.5; Mosquitto 2.0.11 does), and the sender chooses the
 * response topic. A message that is delivered again is therefore acknowledged before its answer: otherwise such a message would end every connection.
 * What such a broker has refused is not published again for a while (AnswerPublisher): otherwise every message with its topic would end a connection.
 */
@Injectable()
export class CommandReceiver {
  private readonly logger = new Logger(CommandReceiver.name);
  private readonly topic: CommandTopic;
  /** By device, the last message that is being stored: commands of one device are stored in their order. */
  private readonly storing = new Map<string, Promise<unknown>>();
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly commands: CommandMessages,
    private readonly answers: AnswerPublisher,
    private readonly database: DatabaseAvailability,
    private readonly counters: MqttCommandCounters,
    settings: MqttCommandSettings,
  ) {
    this.topic = new CommandTopic(settings.MQTT_COMMANDS_TOPIC);
  }

  /** Returns at once. */
  receive(message: ReceivedMessage, connection: BrokerConnection): void {
    const handled = this.handle(message, connection).catch((error: unknown) => this.logger.error(error));
    this.pending.add(handled);
    void handled.then(() => this.pending.delete(handled));
  }

  /** Resolves when the messages that were received have been handled. */
  async idle(): Promise<void> {
    await Promise.all(this.pending);
  }

  private async handle(message: ReceivedMessage, connection: BrokerConnection): Promise<void> {
    this.counters.received++;
    const imei = this.topic.imeiOf(message.topic);
    if (imei === null) {
      this.logger.warn('A message was received on a topic that MQTT_COMMANDS_TOPIC does not match, and is ignored');
      await message.acknowledge();
      return;
    }
    const taken = await this.inOrder(imei, () => this.take(imei, message, connection));
    if (taken === null) {
      return;
    }
    this.counters.countAnswer(outcomeOf(taken.answer));
    await this.answer(taken.answer, message, connection, imei);
    void taken.end.then((end) => (end === null ? undefined : this.answers.publishEnd(end, { message, connection, imei })));
  }

  /** An answer that the end of the connection has cut off is not lost: the message is delivered again. */
  private async answer(
    answer: CommandAnswer,
    message: ReceivedMessage,
    connection: BrokerConnection,
    imei: string,
  ): Promise<void> {
    const publish = (): Promise<void> => this.answers.publish(answer, { message, connection, imei });
    if (answer.status < SUCCESS_BELOW && !message.isRepeated) {
      await Promise.all([publish(), message.acknowledge()]);
    } else if (await message.acknowledge()) {
      await publish();
    }
  }

  private async inOrder<T>(imei: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.storing.get(imei) ?? Promise.resolve()).then(work, work);
    this.storing.set(imei, mine);
    try {
      return await mine;
    } finally {
      if (this.storing.get(imei) === mine) {
        this.storing.delete(imei);
      }
    }
  }

  /** Null: the connection has ended before the command could be stored. The broker sends the message again. */
  private async take(imei: string, message: ReceivedMessage, connection: BrokerConnection): Promise<TakenMessage | null> {
    const { payload, properties } = message;
    const messageId = userProperty(properties, MESSAGE_ID);
    const prefer = userProperty(properties, 'prefer');
    const actor: AuditActor = { keyId: null, keyName: ACTOR, remoteAddress: null, requestId: messageId ?? null };
    for (let retryMs = FIRST_RETRY_MS; connection.isOpen; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        return await this.commands.take({ imei, body: payload, messageId, prefer, actor });
      } catch (error) {
        this.counters.storingFailures++;
        this.database.logFailure(this.logger, 'A command of the MQTT broker could not be stored, and is retried', error);
        await delay(retryMs);
      }
    }
    return null;
  }
}

function outcomeOf({ status }: CommandAnswer): 'accepted' | 'refused' | 'failed' {
  if (status < SUCCESS_BELOW) {
    return 'accepted';
  }
  return status < OURS_FROM ? 'refused' : 'failed';
}
