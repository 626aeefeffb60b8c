import type { Producer, ProducerOptions } from '@platformatic/kafka';
import { type EngineOptions, hostAndPort } from '../engine/engine-options.js';
import { loadClient } from '../engine/engine-packages.js';
import { type SinkConnection, type SinkEngine, type SinkMessage } from '../engine/sink-engine.js';

/** Brokers refuse a batch of one partition that is larger than `message.max.bytes`, 1,048,588 by default. */
const MAX_REQUEST_BYTES = 900_000;
/** What a message costs beside its payload: key, headers, lengths. */
const OVERHEAD_BYTES = 150;
const ALL_REPLICAS = -1;

type KafkaProducer = Producer<Buffer, Buffer, Buffer, Buffer>;
type Options = ProducerOptions<Buffer, Buffer, Buffer, Buffer>;

/** Publishes to a topic of Kafka. The key is the IMEI: the messages of a device are in one partition, in their order. The event id and the type are headers. */
export class KafkaEngine implements SinkEngine {
  private constructor(
    private readonly createProducer: (options: Options) => KafkaProducer,
    private readonly options: EngineOptions,
  ) {}

  /** Throws PackageMissingError. */
  static async load(options: EngineOptions): Promise<KafkaEngine> {
    const { Producer: Client } = await loadClient('kafka', () => import('@platformatic/kafka'));
    return new KafkaEngine((producerOptions) => new Client(producerOptions), options);
  }

  async connect(): Promise<SinkConnection> {
    const { sink, credentials, timeoutMs } = this.options;
    const { username, password, tls } = credentials;
    const producer = this.createProducer({
      clientId: `iot-broker-${sink.name}`,
      bootstrapBrokers: sink.hosts.map(hostAndPort),
      connectTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      timeout: timeoutMs,
      // The runner repeats from the cursor.
      retries: 0,
      // A broker to which the client sends a request again must not store it twice, nor store requests in another order.
      idempotent: true,
      acks: ALL_REPLICAS,
      ...(sink.tls ? { tls } : {}),
      ...(username === undefined ? {} : { sasl: { mechanism: sink.sasl ?? 'PLAIN', username, password: password ?? '' } }),
    });
    try {
      await producer.metadata({ topics: [sink.topic] });
    } catch (error) {
      await producer.close().catch(() => undefined); // The first error says more.
      throw kafkaError(error);
    }
    return new KafkaSinkConnection(producer, sink.topic);
  }
}

class KafkaSinkConnection implements SinkConnection {
  acknowledged = 0;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly producer: KafkaProducer,
    private readonly topic: string,
  ) {}

  get isOpen(): boolean {
    return !this.producer.closed;
  }

  publish(batch: readonly SinkMessage[]): void {
    this.sending = this.sending.then(() => this.send(batch));
    // `flush` rejects; until then it is not unhandled.
    this.sending.catch(() => undefined);
  }

  flush(): Promise<void> {
    return this.sending;
  }

  async close(): Promise<void> {
    await this.producer.close().catch(() => {
      // Lost already.
    });
  }

  /** One request after the other: of a request that fails for one partition, another partition may be stored, but nothing behind it. */
  private async send(batch: readonly SinkMessage[]): Promise<void> {
    for (const part of partsOf(batch)) {
      const messages = part.map(({ id, imei, type, payload }) => ({
        topic: this.topic,
        key: Buffer.from(imei),
        value: payload,
        headers: new Map([
          [Buffer.from('event-id'), Buffer.from(id)],
          [Buffer.from('event-type'), Buffer.from(type)],
        ]),
      }));
      try {
        await this.producer.send({ messages, acks: ALL_REPLICAS, idempotent: true });
        this.acknowledged += messages.length;
      } catch (error) {
        throw kafkaError(error);
      }
    }
  }
}

/** Parts of a batch that a broker accepts; a message that is larger comes alone. */
function partsOf(batch: readonly SinkMessage[]): SinkMessage[][] {
  const parts: SinkMessage[][] = [];
  let bytes = Infinity;
  for (const message of batch) {
    const size = message.payload.length + OVERHEAD_BYTES;
    if (bytes + size > MAX_REQUEST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += size;
  }
  return parts;
}

/** The client's errors hold their cause within: "Fetching metadata failed." alone does not help an operator. */
function kafkaError(error: unknown): Error {
  const { message, errors, cause } = error as Error & { readonly errors?: readonly unknown[] };
  const inner = errors?.[0] ?? cause;
  return new Error(inner instanceof Error ? `${message} ${kafkaError(inner).message}` : message, { cause: error });
}
