import { randomUUID } from 'node:crypto';
import { Admin, Consumer } from '@platformatic/kafka';
import { type EngineReader, type Received } from './engine-reader.js';

const TOPIC = 'iot-events';
const PARTITIONS = 3;

/** Reads the topic from its beginning, with a consumer for each reading. */
export class KafkaReader implements EngineReader {
  private constructor(private readonly port: number) {}

  static async create(port: number): Promise<KafkaReader> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${port}`] });
    await admin.createTopics({ topics: [TOPIC], partitions: PARTITIONS, replicas: 1 });
    await admin.close();
    return new KafkaReader(port);
  }

  async read(): Promise<Received[]> {
    const consumer = new Consumer({
      clientId: 'reader',
      groupId: randomUUID(),
      bootstrapBrokers: [`127.0.0.1:${this.port}`],
      maxWaitTime: 100,
    });
    try {
      const offsets = (await consumer.listOffsets({ topics: [TOPIC] })).get(TOPIC) ?? [];
      const total = offsets.reduce((sum, offset) => sum + offset, 0n);
      const received: Received[] = [];
      if (total === 0n) {
        return received;
      }
      const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
      for await (const { headers, key, value } of stream) {
        const id = headers.get(Buffer.from('event-id')) ?? [...headers].find(([name]) => String(name) === 'event-id')?.[1];
        received.push({ id: String(id), topic: String(key), payload: String(value) });
        if (received.length >= total) {
          break;
        }
      }
      return received;
    } finally {
      const closed: unknown = consumer.close(true);
      await Promise.resolve(closed);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
