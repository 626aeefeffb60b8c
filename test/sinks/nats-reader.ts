import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { type EngineReader, type Received } from './engine-reader.js';

const STREAM = 'IOT';
/** Nanoseconds: shorter than any test needs to publish an event again on purpose. */
const DUPLICATE_WINDOW_NS = 100_000_000;
const READ_AT_ONCE = 1_000;

/** Reads the stream from its beginning. It connects for each reading: the server may have been restarted. */
export class NatsReader implements EngineReader {
  private constructor(private readonly options: NodeConnectionOptions) {}

  static async create(port: number, options: NodeConnectionOptions = {}): Promise<NatsReader> {
    const reader = new NatsReader({ servers: `127.0.0.1:${port}`, ...options });
    await reader.connected(async (connection) => {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: STREAM, subjects: ['iot.>'], duplicate_window: DUPLICATE_WINDOW_NS });
    });
    return reader;
  }

  read(): Promise<Received[]> {
    return this.connected(async (connection) => {
      const { state } = await (await jetstreamManager(connection)).streams.info(STREAM);
      const consumer = await jetstream(connection).consumers.get(STREAM);
      const received: Received[] = [];
      while (received.length < state.messages) {
        const missing = Math.min(READ_AT_ONCE, state.messages - received.length);
        for await (const message of await consumer.fetch({ max_messages: missing, expires: 2_000 })) {
          received.push({ id: message.headers?.get('Nats-Msg-Id') ?? '', topic: message.subject, payload: message.string() });
        }
      }
      return received;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async connected<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const connection = await connect(this.options);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }
}
