import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { connect, connectAsync, type IClientOptions } from 'mqtt';
import { type EngineServer } from './support/engine-server.js';
import { startKafka } from './support/kafka.js';
import { saveMosquitto, startMosquitto } from './support/mosquitto.js';
import { startNats } from './support/nats-server.js';

const TEXTS = ['first', 'second', 'third'];
let server: EngineServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

describe('a server for tests keeps what it has acknowledged through kill -9 and a start:', () => {
  it('NATS JetStream', async () => {
    server = await startNats();
    const before = await connectNats({ port: server.port });
    await (await jetstreamManager(before)).streams.add({ name: 'IOT', subjects: ['iot.>'] });
    for (const [index, text] of TEXTS.entries()) {
      expect((await jetstream(before).publish('iot.a', text, { msgID: text })).seq).toBe(index + 1);
    }
    await before.close();

    await server.restart();
    const after = await connectNats({ port: server.port });
    expect((await jetstream(after).publish('iot.a', 'first again', { msgID: 'first' })).duplicate).toBe(true);
    const { streams } = await jetstreamManager(after);
    const messages = await Promise.all(TEXTS.map((_text, index) => streams.getMessage('IOT', { seq: index + 1 })));
    expect(messages.map((message) => message?.string())).toEqual(TEXTS);
    await after.close();
  });

  it('Mosquitto with MQTT 5', async () => {
    server = await startMosquitto();
    const reader = { clientId: 'reader', clean: false, properties: { sessionExpiryInterval: 3600 } };
    const [before, publisher] = [await connectAsync(mqttOptions(reader)), await connectAsync(mqttOptions({}))];
    await before.subscribeAsync('iot/+/event', { qos: 1 });
    await before.endAsync();
    for (const text of TEXTS) {
      await publisher.publishAsync('iot/a/event', text, { qos: 1, properties: { userProperties: { 'event-id': text } } });
    }
    await publisher.endAsync(true);
    await saveMosquitto(server);

    await server.restart();
    const after = connect(mqttOptions({ ...reader, manualConnect: true }));
    const received: [string, unknown][] = [];
    const all = new Promise<void>((resolve) => {
      after.on('message', (_topic, payload, { properties }) => {
        received.push([payload.toString(), properties?.userProperties?.['event-id']]);
        if (received.length === TEXTS.length) {
          resolve();
        }
      });
    });
    after.connect();
    await all;
    expect(received).toEqual(TEXTS.map((text) => [text, text]));
    await after.endAsync(true);
  });

  it('Kafka', async () => {
    server = await startKafka();
    const common = { clientId: 'test', bootstrapBrokers: [`127.0.0.1:${server.port}`] };
    const admin = new Admin(common);
    await admin.createTopics({ topics: ['iot'], partitions: 3, replicas: 1 });
    await admin.close();
    const producer = new Producer({ ...common, serializers: stringSerializers, idempotent: true });
    for (const value of TEXTS) {
      await producer.send({ messages: [{ topic: 'iot', key: 'a', value }] });
    }
    await producer.close();

    await server.restart();
    const consumer = new Consumer({ ...common, groupId: 'readers', deserializers: stringDeserializers });
    const stream = await consumer.consume({ topics: ['iot'], mode: 'earliest', maxWaitTime: 500 });
    const received: string[] = [];
    for await (const message of stream) {
      received.push(message.value);
      if (received.length === TEXTS.length) {
        break;
      }
    }
    expect(received).toEqual(TEXTS);
    await stream.close();
    await consumer.close();
  });
});

function mqttOptions(options: IClientOptions): IClientOptions {
  if (server === undefined) {
    throw new Error('no broker is running');
  }
  return { ...options, host: '127.0.0.1', port: server.port, protocolVersion: 5 };
}
