import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Producer } from '@platformatic/kafka';
import { connect as connectMqtt } from 'mqtt';
import { type SinkMessage } from '../src/sinks/engine/sink-engine.js';
import { type TestEngine } from '../test/sinks/test-engines.js';

/** As many as a page of a sink has. */
const NATS_IN_FLIGHT = 500;
const MQTT_MAX_IN_FLIGHT = 1_000;
const KAFKA_MESSAGES_PER_REQUEST = 500;

export interface BareClient {
  /** Without an order per device. Resolves when all are acknowledged. */
  publish(messages: readonly SinkMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** The engine's own client, which does nothing but publish, connected to that port. */
export const BARE_CLIENTS: Readonly<Record<TestEngine['name'], (port: number) => Promise<BareClient>>> = {
  async nats(port) {
    const connection = await connect({ servers: `127.0.0.1:${port}`, noAsyncTraces: true });
    const stream = jetstream(connection);
    return {
      publish: (messages) =>
        inFlight(messages, NATS_IN_FLIGHT, ({ id, imei, type, payload }) =>
          stream.publish(`iot.${imei}.${type}`, payload, { msgID: id }),
        ),
      close: () => connection.close(),
    };
  },
  async mqtt(port) {
    const client = connectMqtt({ host: '127.0.0.1', port, protocolVersion: 5, clean: true });
    const atATime = await new Promise<number>((resolve, reject) => {
      client.once('error', reject);
      client.once('connect', ({ properties }) =>
        resolve(Math.min(properties?.receiveMaximum ?? MQTT_MAX_IN_FLIGHT, MQTT_MAX_IN_FLIGHT)),
      );
    });
    return {
      publish: (messages) =>
        inFlight(messages, atATime, ({ id, imei, type, payload }) =>
          client.publishAsync(`iot/${imei}/${type}`, payload, {
            qos: 1,
            properties: { contentType: 'application/json', userProperties: { 'event-id': id, 'event-type': type } },
          }),
        ),
      close: () => client.endAsync(true),
    };
  },
  kafka(port) {
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'bench',
      bootstrapBrokers: [`127.0.0.1:${port}`],
      idempotent: true,
      acks: -1,
    });
    return Promise.resolve({
      async publish(messages: readonly SinkMessage[]) {
        for (let start = 0; start < messages.length; start += KAFKA_MESSAGES_PER_REQUEST) {
          await producer.send({ messages: messages.slice(start, start + KAFKA_MESSAGES_PER_REQUEST).map(kafkaMessage) });
        }
      },
      close: async () => {
        await producer.close();
      },
    });
  },
};

function kafkaMessage({ id, imei, type, payload }: SinkMessage) {
  return {
    topic: 'iot-events',
    key: Buffer.from(imei),
    value: payload,
    headers: new Map([
      [Buffer.from('event-id'), Buffer.from(id)],
      [Buffer.from('event-type'), Buffer.from(type)],
    ]),
  };
}

async function inFlight(
  messages: readonly SinkMessage[],
  atATime: number,
  send: (message: SinkMessage) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let message = messages[next++]; message; message = messages[next++]) {
      await send(message);
    }
  };
  await Promise.all(Array.from({ length: atATime }, sender));
}
