import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { BrokerConnection, type ReceivedMessage } from '../../src/mqtt-commands/broker-connection.js';
import { TopicRefusedError } from '../../src/mqtt-commands/refused-topics.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { startMosquitto } from './support/mosquitto.js';

const MAX_UNACKNOWLEDGED = 20;

let broker: EngineServer;
let publisher: MqttClient;

beforeAll(async () => {
  broker = await startMosquitto();
  publisher = await connectAsync({ host: '127.0.0.1', port: broker.port, protocolVersion: 5 });
});

afterAll(async () => {
  await publisher.endAsync(true);
  await broker.stop();
});

interface Opened {
  readonly connection: BrokerConnection;
  readonly received: ReceivedMessage[];
  readonly texts: () => string[];
}

async function open(session: string, options: IClientOptions = {}): Promise<Opened> {
  const received: ReceivedMessage[] = [];
  const connection = await BrokerConnection.open({
    connect,
    filter: `$share/test/${session}/+`,
    onMessage: (message) => received.push(message),
    options: {
      host: '127.0.0.1',
      port: broker.port,
      protocolVersion: 5,
      clientId: session,
      clean: false,
      keepalive: 2,
      reconnectPeriod: 0,
      manualConnect: true,
      properties: { sessionExpiryInterval: 3600, receiveMaximum: MAX_UNACKNOWLEDGED },
      ...options,
    },
  });
  return { connection, received, texts: () => received.map(({ payload }) => payload.toString()) };
}

async function publish(session: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await publisher.publishAsync(`${session}/x`, text, { qos: 1 });
  }
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_each, index) => `text ${index}`);
}

describe('a connection to the broker', () => {
  it('reads further messages while the first ones are not acknowledged, up to the limit', async () => {
    const { connection, received, texts } = await open('limit');
    await publish('limit', numbered(30));
    await waitFor(() => received.length === MAX_UNACKNOWLEDGED, { what: 'the limit of messages' });
    expect(connection.unacknowledged).toBe(MAX_UNACKNOWLEDGED);
    // Longer than the keep-alive: the answers to its pings are read as well.
    await expect(Promise.race([connection.closed, new Promise((resolve) => setTimeout(resolve, 5_000, 'open'))])).resolves.toBe(
      'open',
    );
    expect(received).toHaveLength(MAX_UNACKNOWLEDGED);
    await Promise.all([...received].reverse().map((message) => message.acknowledge()));
    await waitFor(() => received.length === 30, { what: 'the other messages' });
    expect(texts()).toEqual(numbered(30));
    await connection.close();
  });

  it('gets at the next connection what it has not acknowledged, and nothing else', async () => {
    const first = await open('again');
    await publish('again', numbered(10));
    await waitFor(() => first.received.length === 10, { what: 'the messages' });
    await Promise.all(first.received.slice(0, 4).map((message) => message.acknowledge()));
    const late = first.received[4]!;
    await first.connection.close();
    await first.connection.closed;
    expect(await late.acknowledge()).toBe(false);

    const second = await open('again');
    await waitFor(() => second.received.length === 6, { what: 'the messages again' });
    expect(second.texts()).toEqual(numbered(10).slice(4));
    await Promise.all(second.received.map((message) => message.acknowledge()));
    await second.connection.close();
    const third = await open('again');
    await publish('again', ['last']);
    await waitFor(() => third.received.length > 0, { what: 'the last message' });
    expect(third.texts()).toEqual(['last']);
    await third.received[0]!.acknowledge();
    await third.connection.close();
  });

  it('ends when another one takes its session', async () => {
    const first = await open('taken');
    const second = await open('taken');
    const reason = await first.connection.closed;
    expect([first.connection.isOpen, second.connection.isOpen]).toEqual([false, true]);
    await expect(first.connection.publish('taken/answer', 'lost', {})).rejects.toThrow(reason.message);
    await second.connection.close();
  });

  it('gets no retained messages', async () => {
    await publisher.publishAsync('retained/x', 'retained', { qos: 1, retain: true });
    const { connection, received, texts } = await open('retained');
    await publish('retained', ['later']);
    await waitFor(() => received.length > 0, { what: 'the message' });
    expect(texts()).toEqual(['later']);
    await connection.close();
  });

  it('names the topic for which the broker has ended it, and no other one', async () => {
    const { connection } = await open('levels');
    await connection.publish('levels/answer', 'taken', {});
    await expect(connection.publish(`levels${'/'.repeat(300)}`, 'refused', {})).rejects.toThrow(TopicRefusedError);
    await expect(connection.publish('levels/answer', 'late', {})).rejects.not.toThrow(TopicRefusedError);
    await connection.closed;
  });

  it('is not opened without a broker', async () => {
    await expect(open('refused', { port: 1 })).rejects.toThrow('ECONNREFUSED');
  });
});
