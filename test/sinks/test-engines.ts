import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { startKafka } from './support/kafka.js';
import { startMosquitto } from './support/mosquitto.js';
import { startNats } from './support/nats-server.js';
import { type EngineReader } from './engine-reader.js';
import { KafkaReader } from './kafka-reader.js';
import { MqttReader } from './mqtt-reader.js';
import { NatsReader } from './nats-reader.js';

export interface TestEngine {
  readonly name: 'nats' | 'mqtt' | 'kafka';
  start(): Promise<EngineServer>;
  /** Creates what the engine's operator creates: a stream, a topic, a session. */
  prepare(server: EngineServer): Promise<EngineReader>;
  /** The entry of SINKS. */
  url(server: EngineServer): string;
  /** Ends the server in the middle of its work, as hard as it keeps what it has acknowledged. */
  kill(server: EngineServer): Promise<void>;
}

export const TEST_ENGINES: readonly TestEngine[] = [
  {
    name: 'nats',
    start: () => startNats(),
    prepare: ({ port }) => NatsReader.create(port),
    url: ({ port }) => `nats://127.0.0.1:${port}?stream=IOT&from=oldest`,
    kill: (server) => server.kill(),
  },
  {
    name: 'mqtt',
    start: () => startMosquitto(),
    prepare: ({ port }) => MqttReader.create(port),
    url: ({ port }) => `mqtt://127.0.0.1:${port}?from=oldest`,
    // Mosquitto acknowledges before it writes to its disk: what it acknowledged in the last moment before a kill -9 is lost for every publisher.
    kill: async (server) => {
      server.signal('SIGTERM');
      await waitFor(() => server.lines.some((line) => /mosquitto version \S+ terminating/.test(line)), {
        what: 'Mosquitto to end',
      });
      await server.kill();
    },
  },
  {
    name: 'kafka',
    start: () => startKafka(),
    prepare: ({ port }) => KafkaReader.create(port),
    url: ({ port }) => `kafka://127.0.0.1:${port}?from=oldest`,
    kill: (server) => server.kill(),
  },
];
