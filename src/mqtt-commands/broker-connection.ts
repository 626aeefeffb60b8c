import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import { OrderedAcknowledgements } from './ordered-acknowledgements.js';
import { TopicRefusedError } from './refused-topics.js';

/** A message of the broker, and what is to be done with it. */
export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly properties: IPublishPacket['properties'];
  /** The broker has sent it before, on a connection that ended (the flag DUP). */
  readonly isRepeated: boolean;
  /** The broker does not send it again afterwards. False: the connection has ended before that could be written. */
  acknowledge(): Promise<boolean>;
}

export interface ConnectionOptions {
  readonly connect: (options: IClientOptions) => MqttClient;
  readonly options: IClientOptions;
  readonly filter: string;
  readonly onMessage: (message: ReceivedMessage, connection: BrokerConnection) => void;
}

/** MQTT 5, section 3.4: with reason code 0 and without properties, the rest of an acknowledgement is the packet identifier. */
const PUBACK = 0x40;
const PUBACK_LENGTH = 2;
const QOS = 1;
/** Retain handling: a retained command would be repeated at every connection. Mosquitto 2.0.11 sends them to shared subscriptions too. */
const NO_RETAINED = 2;
/** MQTT 5, section 2.4: not authorized, topic name invalid. */
const REFUSALS: readonly unknown[] = [0x87, 0x90];
/** Malformed packet, protocol error: of Mosquitto 2.0.11 for a topic that it does not take. */
const ENDS_OF_REFUSAL: readonly unknown[] = [...REFUSALS, 0x81, 0x82];

/**
 * One connection to the broker, with a session that outlives it. A message is acknowledged when its receiver says so, and others are read meanwhile:
 * what is not acknowledged at the end of the connection is sent again at the next one.
 */
export class BrokerConnection {
  /** Resolves when the connection has ended, with the reason. */
  readonly closed: Promise<Error>;
  private readonly acknowledgements = new OrderedAcknowledgements((packetId) => this.writeAcknowledgement(packetId));
  private readonly client: MqttClient;
  /** Messages that the broker has not answered, in their order. */
  private readonly unanswered = new Set<object>();
  /** The one for which the broker has ended the connection. It answers in their order (MQTT 5, section 4.6): the first. */
  private refused: object | undefined;
  private failure = new Error('the broker closed the connection');
  private isReading = true;

  private constructor({ connect, options, onMessage }: ConnectionOptions) {
    this.client = connect(options);
    this.closed = new Promise((resolve) => {
      let isRefusal = false;
      this.client.on('error', (error) => (this.failure = error));
      this.client.on('disconnect', ({ reasonCode = 0 }) => {
        this.failure = new Error(`the broker ended the connection, reason code ${reasonCode}`);
        isRefusal = ENDS_OF_REFUSAL.includes(reasonCode);
      });
      this.client.once('close', () => {
        // Only now: answers that arrived together with the end have been handled.
        [this.refused] = isRefusal ? this.unanswered : [];
        this.client.end(true);
        this.acknowledgements.abandon();
        resolve(this.failure);
      });
    });
    // The client reads the next message after the callback. With an error it does not acknowledge this one: that is done later.
    this.client.handleMessage = (packet, next) => {
      next(packet.qos === 0 ? undefined : new Error('not acknowledged yet'));
      if (this.isReading) {
        onMessage(this.received(packet), this);
      }
    };
  }

  /** Resolves when the broker has accepted the subscription. Rejects when it refuses the connection or the subscription. */
  static async open(options: ConnectionOptions): Promise<BrokerConnection> {
    const connection = new BrokerConnection(options);
    const { client } = connection;
    const failed = connection.closed.then((error) => Promise.reject(error));
    failed.catch(() => undefined); // of a connection that was opened, it is the end
    const subscribed = new Promise((resolve) => client.once('connect', resolve)).then(() =>
      client.subscribeAsync(options.filter, { qos: QOS, rh: NO_RETAINED }),
    );
    client.connect();
    try {
      await Promise.race([subscribed, failed]);
    } catch (error) {
      client.end(true);
      throw error;
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.client.connected;
  }

  /** Messages that are not acknowledged. */
  get unacknowledged(): number {
    return this.acknowledgements.count;
  }

  /**
   * Writes a message at once: it reaches the broker before an acknowledgement that is written later. Resolves when the broker has acknowledged it.
   * Rejects with TopicRefusedError when the broker refuses its topic, and with other errors when it refuses it otherwise and at the end of the connection.
   */
  async publish(topic: string, payload: string, properties: NonNullable<IPublishPacket['properties']>): Promise<void> {
    if (!this.isOpen) {
      throw this.failure;
    }
    const message = {};
    this.unanswered.add(message);
    try {
      const published = this.client.publishAsync(topic, payload, { qos: QOS, properties });
      // The client of a session that is kept leaves it undecided.
      await Promise.race([published, this.closed.then((error) => Promise.reject(error))]);
    } catch (error) {
      const isRefused = this.refused === message || REFUSALS.includes((error as { code?: unknown }).code);
      throw isRefused ? new TopicRefusedError(`its topic is refused: ${String(error)}`, { cause: error }) : error;
    } finally {
      this.unanswered.delete(message);
    }
  }

  /** Takes no further messages. */
  stopReading(): void {
    this.isReading = false;
  }

  /** The broker keeps the session. */
  async close(): Promise<void> {
    this.stopReading();
    await this.client.endAsync(!this.client.connected);
  }

  private received({ topic, payload, properties, qos, dup, messageId }: IPublishPacket): ReceivedMessage {
    const acknowledge = qos === 0 ? () => Promise.resolve(true) : this.acknowledgements.receive(messageId!);
    return { topic, payload: Buffer.from(payload), properties, isRepeated: dup, acknowledge };
  }

  private writeAcknowledgement(packetId: number): void {
    if (this.client.connected) {
      this.client.stream.write(Buffer.of(PUBACK, PUBACK_LENGTH, packetId >> 8, packetId & 0xff));
    }
  }
}
