import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { type EngineReader, type Received } from './engine-reader.js';

/** A subscriber with a session that the broker keeps: it gets what was published while it was away. */
export class MqttReader implements EngineReader {
  private readonly received: Received[] = [];

  private constructor(private readonly client: MqttClient) {
    client.on('message', (topic, payload, { properties }) => {
      const id = properties?.userProperties?.['event-id'];
      this.received.push({ id: typeof id === 'string' ? id : '', topic, payload: payload.toString() });
    });
    client.on('error', () => {
      // The broker is away; the client connects again.
    });
  }

  static async create(port: number, options: IClientOptions = {}): Promise<MqttReader> {
    const client = await connectAsync({
      host: '127.0.0.1',
      port,
      protocolVersion: 5,
      clientId: 'reader',
      clean: false,
      properties: { sessionExpiryInterval: 3_600 },
      reconnectPeriod: 100,
      ...options,
    });
    const reader = new MqttReader(client);
    await client.subscribeAsync('iot/#', { qos: 1 });
    return reader;
  }

  read(): Promise<readonly Received[]> {
    return Promise.resolve(this.received);
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
