import { Injectable, Logger } from '@nestjs/common';
import { type CommandAnswer } from '../commands/messages/command-messages.js';
import { type BrokerConnection, type ReceivedMessage } from './broker-connection.js';
import { MqttCommandCounters } from './mqtt-command-counters.js';
import { isTopicName, RefusedTopics, TopicRefusedError } from './refused-topics.js';

export const MESSAGE_ID = 'message-id';

/** A message that is answered on its response topic, if it has one. */
export interface AnsweredMessage {
  readonly message: ReceivedMessage;
  readonly connection: BrokerConnection;
  readonly imei: string;
}

/**
 * Publishes answers. Those to a topic that the broker has refused within the last ten minutes are withheld: a broker that ends the connection at each
 * refusal would otherwise let one sender keep the gateway from the commands of all others.
 */
@Injectable()
export class AnswerPublisher {
  private readonly logger = new Logger(AnswerPublisher.name);
  private readonly refused = new RefusedTopics();

  constructor(private readonly counters: MqttCommandCounters) {}

  /** The first answer. One that the end of the connection has cut off is not lost: the message is delivered again. Never rejects. */
  async publish(answer: CommandAnswer, answered: AnsweredMessage): Promise<void> {
    await this.attempt(answer, answered).catch((error: unknown) => {
      if (answered.connection.isOpen || error instanceof TopicRefusedError) {
        this.countLost(error, answered);
      }
    });
  }

  /** The answer when the command has ended. Never rejects. */
  async publishEnd(answer: CommandAnswer, answered: AnsweredMessage): Promise<void> {
    await this.attempt(answer, answered).catch((error: unknown) => this.countLost(error, answered));
  }

  private async attempt(answer: CommandAnswer, { message, connection }: AnsweredMessage): Promise<void> {
    const topic = message.properties?.responseTopic;
    if (topic === undefined) {
      return;
    }
    if (!isTopicName(topic) || this.refused.has(topic)) {
      this.counters.answersWithheld++;
      return;
    }
    try {
      await publishAnswer(answer, topic, message, connection);
    } catch (error) {
      if (error instanceof TopicRefusedError) {
        this.counters.topicsRefused++;
        this.refused.add(topic);
      }
      throw error;
    }
  }

  private countLost(error: unknown, { imei }: AnsweredMessage): void {
    this.counters.answersLost++;
    this.logger.warn(`The answer to an MQTT command could not be published: ${String(error)}`, { imei });
  }
}

/** Rejects when the broker does not take the answer. */
async function publishAnswer(
  { status, body }: CommandAnswer,
  topic: string,
  { properties }: ReceivedMessage,
  connection: BrokerConnection,
): Promise<void> {
  const correlationData = properties?.correlationData;
  const messageId = userProperty(properties, MESSAGE_ID);
  await connection.publish(topic, JSON.stringify(body), {
    contentType: 'application/json',
    userProperties: { status: String(status), ...(messageId !== undefined && { [MESSAGE_ID]: messageId }) },
    ...(correlationData !== undefined && { correlationData }),
  });
}

/** Of several with one name the first counts. */
export function userProperty(properties: ReceivedMessage['properties'], name: string): string | undefined {
  return [properties?.userProperties?.[name]].flat()[0];
}
